"""The table of well-known exporters: how their metrics' names begin, and which labels name what they tell of.

A row: name | regular expression that its metrics' names begin with | where its labels are documented,
and below it what its series tell of, as kind=label,label, the first that a series carries. `@pod` is the
workload of the series' pod, `@host` the host of `instance`, `@address` what it was told to ask.
Exporters of servers stand beside one or tell of many: see `Exporter.own`.
"""

from collections.abc import Iterator

from patternwatch.analysis.identity.exporters import Exporter

_KUBERNETES = r"""
kube-state-metrics | kube_node_ | github.com/kubernetes/kube-state-metrics, docs/metrics
    node=node
kube-state-metrics | kube_(persistentvolumeclaim|pod_spec_volumes_persistentvolumeclaims)_ | the same
    persistentvolumeclaim=persistentvolumeclaim
kube-state-metrics | kube_(service|endpoint)_ | the same
    service=exported_service,endpoint,service
kube-state-metrics | kube_pod_ | the same
    pod=@pod
kube-state-metrics | kube_(?!apiserver|proxy|scheduler|controller) | the same
    deployment=deployment statefulset=statefulset daemonset=daemonset cronjob=cronjob job=job_name
    replicaset=replicaset workload=horizontalpodautoscaler,hpa,replicationcontroller,poddisruptionbudget
    persistentvolumeclaim=persistentvolumeclaim persistentvolume=persistentvolume ingress=ingress
    node=node namespace=exported_namespace,namespace
kubelet | kubelet_volume_stats_ | kubernetes.io, Kubernetes Metrics Reference
    persistentvolumeclaim=persistentvolumeclaim
kubelet | (kubelet|machine|storage_operation)_ | kubernetes.io, Kubernetes Metrics Reference
    node=node,@host
cAdvisor | container_ | github.com/google/cadvisor, docs/storage/prometheus.md
    pod=@pod service=container_label_com_docker_compose_service
    service=container_label_com_docker_swarm_service_name
    service=container_label_com_amazonaws_ecs_task_definition_family
    service=container_label_com_hashicorp_nomad_job_name container=name node=node,@host
nomad | nomad_client_allocs_ | developer.hashicorp.com/nomad, Metrics
    job=exported_job,task_group
dcgm-exporter | DCGM_FI_ | github.com/NVIDIA/dcgm-exporter
    pod=@pod node=Hostname,@host
ingress-nginx | nginx_ingress_controller_(?!nginx|config|success) | kubernetes.github.io/ingress-nginx
    service=exported_service ingress=ingress service=service
traefik | traefik_service_ | doc.traefik.io, Metrics
    service=exported_service,service
knative | revision_(request|app_request|queue) | knative.dev, Metrics: of the activator and of queue proxies
    service=service_name,configuration_name
argocd | argocd_app_ | argo-cd.readthedocs.io, Metrics
    application=name
cert-manager | certmanager_certificate_ | cert-manager.io, Prometheus Metrics
    certificate=name
flux | gotk_ | fluxcd.io, Flux Prometheus metrics
    application=name
"""
_MACHINES = r"""
node_exporter | node_ | github.com/prometheus/node_exporter
    node=node,nodename,@host
windows_exporter | (windows|wmi)_ | github.com/prometheus-community/windows_exporter
    node=node,@host
hostmetrics receiver | system[._](cpu|memory|disk|filesystem|network|paging|processes)[._] | OpenTelemetry
    node=host.name,host_name,k8s.node.name,k8s_node_name
systemd_exporter | systemd_ | github.com/prometheus-community/systemd_exporter
    node=node,nodename,@host
process-exporter | namedprocess_namegroup_ | github.com/ncabatoff/process-exporter
    process=groupname
smartctl_exporter | smartctl_ | github.com/prometheus-community/smartctl_exporter
    node=@host
ipmi_exporter | ipmi_ | github.com/prometheus-community/ipmi_exporter
    node=@address
blackbox_exporter | probe_ | github.com/prometheus/blackbox_exporter: `instance` is set from __param_target
    target=@address
uptime-kuma | monitor_(status|response_time|cert|uptime) | github.com/louislam/uptime-kuma, of all monitors
    target=monitor_name
gatus | gatus_results_ | github.com/TwiN/gatus, Metrics: of all its endpoints
    target=name,key
http check receiver | httpcheck[._] | OpenTelemetry Collector, receiver/httpcheckreceiver
    target=http.url,http_url
ping_exporter | ping_ | github.com/czerwonk/ping_exporter
    target=target,ip
smokeping_prober | smokeping_ | github.com/SuperQ/smokeping_prober
    target=host,ip
snmp_exporter | (snmp_|if(HC)?(In|Out)|if(Oper|Admin)Status|sysUpTime|hrProcessor) | as blackbox_exporter
    device=sysName,@address
vmware_exporter | vmware_vm_ | github.com/pryorda/vmware_exporter
    server=vm_name
vmware_exporter | vmware_host_ | github.com/pryorda/vmware_exporter
    node=host_name
libvirt_exporter | libvirt_domain_ | github.com/Tinkoff/libvirt-exporter
    server=domain
pve_exporter | pve_ | github.com/prometheus-pve/prometheus-pve-exporter
    server=id
vcenter receiver | vcenter[._]vm[._] | OpenTelemetry Collector, receiver/vcenterreceiver
    server=vcenter.vm.name,vcenter_vm_name
Telegraf vsphere | vsphere_vm_ | docs.influxdata.com, Telegraf, input plugin vsphere
    server=vmname
Telegraf vsphere | vsphere_host_ | docs.influxdata.com, Telegraf, input plugin vsphere
    node=esxhostname
nut_exporter | network_ups_tools_ | github.com/DRuggeri/nut_exporter
    device=ups,@address
wireguard_exporter | wireguard_(latest|sent|received) | github.com/MindFlavor/prometheus_wireguard_exporter
    device=friendly_name,public_key
"""
_SERVERS = r"""
mysqld_exporter | mysql_ | github.com/prometheus/mysqld_exporter, multi-target
    server=target,@host
postgres_exporter | pg_ | github.com/prometheus-community/postgres_exporter, multi-target
    server=target,@host database=datname
redis_exporter | redis_ | github.com/oliver006/redis_exporter, multi-target
    server=addr,target,@host
mongodb_exporter | mongodb_ | github.com/percona/mongodb_exporter
    server=target,@host
memcached_exporter | memcached_ | github.com/prometheus/memcached_exporter
    server=target,@host
elasticsearch_exporter | elasticsearch_ | github.com/prometheus-community/elasticsearch_exporter
    server=name,@host
sql_exporter | mssql_ | github.com/burningalchemist/sql_exporter
    server=target,@host
oracledb_exporter | oracledb_ | github.com/iamseth/oracledb_exporter
    server=target,@host
"""
_OTHERS = r"""
ceph | ceph_(?!cluster|daemon_health|health|pool|pg_) | docs.ceph.com, Monitoring: of the manager's module
    server=ceph_daemon
kafka receiver | kafka[._]consumer_group[._] | OpenTelemetry Collector, receiver/kafkametricsreceiver
    consumergroup=group
burrow_exporter | kafka_burrow_ | github.com/jirwin/burrow_exporter
    consumergroup=group
rabbitmq receiver | rabbitmq[._](consumer|message)[._] | OpenTelemetry Collector, receiver/rabbitmqreceiver
    queue=rabbitmq.queue.name,rabbitmq_queue_name
kafka_exporter | kafka_consumer_?group_ | github.com/danielqsj/kafka_exporter
    consumergroup=consumergroup,group
kafka_exporter | kafka_topic_ | github.com/danielqsj/kafka_exporter
    topic=topic
kminion | kminion_kafka_consumer_group_ | github.com/redpanda-data/kminion
    consumergroup=group_id
kminion | kminion_kafka_topic_ | github.com/redpanda-data/kminion
    topic=topic_name
cloudwatch_exporter | aws_ | github.com/prometheus/cloudwatch_exporter; dimension_*: yet-another-...
    database=dimension_DBInstanceIdentifier,dbinstance_identifier
    database=dimension_DBClusterIdentifier,dbcluster_identifier
    resource=dimension_LoadBalancer,load_balancer,dimension_QueueName,queue_name,dimension_FunctionName
    resource=function_name,dimension_CacheClusterId,cache_cluster_id,dimension_TableName,table_name
    resource=dimension_InstanceId,instance_id,dimension_AutoScalingGroupName,auto_scaling_group_name
    resource=dimension_ServiceName,service_name,dimension_ClusterName,dimension_StreamName,stream_name
    resource=dimension_BucketName,bucket_name,dimension_TopicName,topic_name,dimension_ApiName,api_name,name
stackdriver_exporter | stackdriver_ | github.com/prometheus-community/stackdriver_exporter
    resource=database_id,instance_id,function_name,service_name,subscription_id,topic_id,bucket_name,queue_id
    resource=url_map_name,backend_name,module_id
azure-metrics-exporter | azure(rm)?_ | github.com/webdevops/azure-metrics-exporter
    resource=resourceName,resource_name,resourceID,resource_id
pulsar | pulsar_subscription_ | pulsar.apache.org, Metrics: of a broker, of all its topics
    consumergroup=subscription
prometheus-nats-exporter | jetstream_consumer_ | github.com/nats-io/prometheus-nats-exporter
    consumergroup=consumer_name
prometheus-nats-exporter | jetstream_stream_ | github.com/nats-io/prometheus-nats-exporter
    topic=stream_name
haproxy | haproxy_(backend|server)_ | haproxy.com, Prometheus exporter; github.com/prometheus/haproxy_exporter
    service=proxy,backend
sloth | sli_error|(current|period)_burn_rate | sloth.dev, Prometheus rules: recorded as `slo:...`
    service=sloth_service
consul_exporter | consul_(health|catalog)_service_ | github.com/prometheus/consul_exporter
    service=service_name
consul_exporter | consul_(health_node|serf_lan_member)_ | the same
    node=node,member
"""


def _rows(table: str, own: bool = False) -> Iterator[Exporter]:
    for row in table.replace("\n    ", "\t").strip().splitlines():
        about, *told = row.split("\t")
        name, metrics, source = about.split(" | ")
        pairs = [group.partition("=") for group in " ".join(told).split()]
        labels = tuple((kind, label) for kind, _, own_labels in pairs for label in own_labels.split(","))
        yield Exporter(name, metrics, labels, source, own)


EXPORTERS: tuple[Exporter, ...] = (
    *_rows(_KUBERNETES),
    *_rows(_MACHINES),
    *_rows(_SERVERS, own=True),
    *_rows(_OTHERS),
)
"""Tried in this order: the first whose metrics' names fit."""
