def test_boot(cloud, fresh_project):
    central = cloud.central.client(project=fresh_project)
    net = central.create_network(name='n')
    central.create_subnet(net['id'], cidr='10.1.0.0/24')
    a = cloud.one.nova(project=fresh_project).boot(
        network_id=net['id'], host='host1'
    )
    b = cloud.two.nova(project=fresh_project).boot(
        network_id=net['id'], host='host2'
    )
    print(a, b)
    assert a.addresses != b.addresses
