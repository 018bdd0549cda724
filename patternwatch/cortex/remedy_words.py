"""What managed services and gateways say when they let nobody in, and what to change: one table.

Their words tell that more exactly than any code, so they come first.
"""

BY_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        r"http request (was sent )?to (an )?https (server|port)|plain http to an ssl",
        "Go's servers, nginx, Apache",
        "Give source.url with https://",
    ),
    (
        r"no required ssl certificate|the ssl certificate error",
        "nginx: ssl_verify_client",
        "Give a certificate of ours by source.client_certificate_file and source.client_key_file",
    ),
    (
        (
            r"missing authentication token|security token included|signature (expired|not yet current)"
            r"|credential should be scoped"
        ),
        "Amazon's services (SigV4)",
        (
            "Amazon wants each request signed: run aws-sigv4-proxy beside the worker and give its address as "
            "source.url"
        ),
    ),
    (
        r"not authorized to perform: aps:",
        "Amazon Managed Service for Prometheus (IAM)",
        (
            "Give the role that signs the IAM actions aps:QueryMetrics, aps:GetLabels, aps:GetSeries and "
            "aps:GetMetricMetadata"
        ),
    ),
    (
        r"workspace not found",
        "Amazon Managed Service for Prometheus",
        "Check region and workspace in source.url, which ends in /workspaces/WORKSPACE",
    ),
    (
        r"expected oauth 2 access token|invalid authentication credentials",
        "Google's APIs",
        (
            "Give an access token by source.authorization_command: gcloud auth application-default "
            "print-access-token"
        ),
    ),
    (
        r"monitoring\.timeseries\.list|permission monitoring\.",
        "Google Cloud Managed Service for Prometheus",
        "Give this account the role Monitoring Viewer (roles/monitoring.viewer) in the project",
    ),
    (
        r"monitoring data reader",
        "Azure Monitor",
        "Give this principal the role Monitoring Data Reader on the workspace",
    ),
    (
        r"authentication error: ",
        "Grafana Cloud",
        (
            "Give the stack's instance id as source.username, and as source.password a token with the scope "
            "metrics:read"
        ),
    ),
    (
        r"access denied to proxy|data ?source not found|invalid api key|posts? not allowed on proxied",
        "Grafana's data proxy",
        (
            "This is Grafana's proxy: give a service account's token that may query the data source "
            "(source.bearer_token), or the address of the server behind it"
        ),
    ),
    (
        r"rbac: access denied",
        "Envoy, Istio's AuthorizationPolicy",
        "A policy of the mesh (AuthorizationPolicy) keeps this client out: allow its service account",
    ),
    (
        r"\bjwt (is|verification|issuer|not)|jwks",
        "Envoy: jwt_authn",
        "A JSON Web Token is wanted: source.bearer_token_file or source.authorization_command",
    ),
    (
        r"forbidden \(user=|is forbidden: user",
        "kube-rbac-proxy, Kubernetes' API server",
        (
            "Bind a role that lets this service account do what the answer names (on OpenShift "
            "cluster-monitoring-view), and give its token by source.bearer_token_file"
        ),
    ),
    (
        r"query parameter must be provided",
        "prom-label-proxy",
        "This is prom-label-proxy, which wants a label in each query: give the server behind it",
    ),
    (
        r"unsupported path requested|unsupported prefix|(parse|find|missing) accountid",
        "VictoriaMetrics 1.9x",
        (
            "A cluster of VictoriaMetrics serves the API under /select/ACCOUNT/prometheus: source.url is "
            "http://VMSELECT:8481/select/0/prometheus"
        ),
    ),
    (r"missing route for", "vmauth", "Add /api/v1/.* to the routes (url_map) of vmauth"),
    (
        r"no org id|missing tenant|no tenant header",
        "Cortex, Mimir",
        "Something on the way drops the header X-Scope-OrgID: let it through",
    ),
    (
        r"just a moment\.\.\.|error code: 1\d{3}\b",
        "Cloudflare's challenges and blocks",
        (
            "Cloudflare wants a browser: let this client through by a service token (source.headers), or "
            "give the server's own address"
        ),
    ),
    (
        r"tsdb not ready",
        "Prometheus, Thanos",
        "The server has just started and reads its log: try again in some minutes",
    ),
)
"""A regular expression, looked for in any case of letters; who says so; what to change."""
