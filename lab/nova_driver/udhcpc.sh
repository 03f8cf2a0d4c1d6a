#!/bin/sh
# What an instance does with a lease.
case $1 in
deconfig)
    ip -4 addr flush dev "$interface"
    ip link set "$interface" up
    ;;
bound|renew)
    ip -4 addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    [ -n "$mtu" ] && ip link set "$interface" mtu "$mtu"
    if [ -n "$staticroutes" ]; then
        set -- $staticroutes
        while [ -n "$2" ]; do
            if [ "$2" = 0.0.0.0 ]; then
                ip route replace "$1" dev "$interface"
            else
                ip route replace "$1" via "$2" dev "$interface"
            fi
            shift 2
        done
    else
        for gateway in $router; do
            ip route replace default via "$gateway" dev "$interface"
            break
        done
    fi
    echo "lease ip=$ip/$mask router=$router mtu=$mtu dns=$dns" \
        "seconds=$lease server=$serverid routes=$staticroutes"
    ;;
esac
