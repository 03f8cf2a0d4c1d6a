import time
from tests.functional import cloud as clouds


def test_boot(cloud, fresh_project):
    c = cloud.central.client(project=fresh_project)
    net = c.create_network(name='n')
    sub = c.create_subnet(net['id'], cidr='10.1.0.0/24')
    a = cloud.one.nova(project=fresh_project).boot(network_id=net['id'])
    b = cloud.two.nova(project=fresh_project).boot(network_id=net['id'])
    assert a.addresses != b.addresses
    adm1 = cloud.one.client(roles=('admin',)) if 0 else cloud.one.admin
    adm2 = cloud.two.admin
    def shadows(adm):
        return [(p['id'], p['status'], p['binding:host_id'], p['binding:vif_type']) for p in adm.list('port', network_id=net['id'], device_owner='compute:shadow')]
    t = time.time()
    while time.time() - t < 15:
        if shadows(adm1) and shadows(adm2): break
        time.sleep(.2)
    print('shadows after', time.time()-t, shadows(adm1), shadows(adm2))
    for r in ('RegionOne',):
        print(c.get(f"/networks/{net['id']}/replicas").json())
    print(cloud.central.admin.list('port', network_id=net['id']))
    assert shadows(adm1) and shadows(adm2)
    assert [p['id'] for p in cloud.one.client(project=fresh_project).list('port')] == [a.port_id]
    cloud.one.nova(project=fresh_project).delete(a)
    cloud.two.nova(project=fresh_project).delete(b)
    t = time.time()
    while time.time() - t < 15:
        left = c.list('port', network_id=net['id']), shadows(adm1), shadows(adm2)
        if not any(left): break
        time.sleep(.2)
    print('left', left, time.time() - t)
    assert not any(left)
    c.remove('network', net['id'])
    t = time.time()
    while time.time() - t < 15:
        left = [adm.list('network', name='n') for adm in (adm1, adm2)]
        if not any(left): break
        time.sleep(.2)
    print('networks left', left, time.time() - t)
    assert not any(left)
    left = [adm.list('port', network_id=net['id']) for adm in (adm1, adm2, cloud.central.admin)]
    assert not any(left)
