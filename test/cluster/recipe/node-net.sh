#!/bin/bash
# The pod network of a node, where kind's own (kindnetd) cannot be pulled: pods hang on ptp links in the node's range, and a route leads to
# every other node's range. Runs as a DaemonSet with the host's network. NODE is this node, PODS the cluster's pod range.
set -u

write_cni() {
  local cidr=$1 new=/host/cni/.10-pods.new conf=/host/cni/10-pods.conflist
  cat > "$new" <<CNI
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipMasq": false, "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "/run/cni-pods",
    "ranges": [[{"subnet": "$cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
CNI
  # The kubelet looks at the file again whenever it changes: only touch it when it does.
  cmp -s "$new" "$conf" || mv "$new" "$conf"
}

masquerade() {
  local rule=(POSTROUTING -s "$1" ! -d "$PODS" -j MASQUERADE)
  iptables -t nat -C "${rule[@]}" 2> /dev/null || iptables -t nat -A "${rule[@]}"
}

nodes='{.metadata.name} {.spec.podCIDR} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}'
while :; do
  # A watch: it lists all nodes first. It ends with the API server, and by itself after some minutes.
  kubectl get nodes --watch --output "jsonpath=$nodes" | while read -r name cidr address; do
    # A node that has no range yet shows its address in the range's place.
    [ -n "$address" ] || continue
    if [ "$name" = "$NODE" ]; then
      write_cni "$cidr"
      masquerade "$cidr"
    else
      ip route replace "$cidr" via "$address"
    fi
  done
  sleep 1
done
