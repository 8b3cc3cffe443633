{{- /* The image, also of adapters and gateways. */ -}}
{{- define "eppset.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* On the metadata of all objects but CRDs; never in a selector. */ -}}
{{- define "eppset.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* On the operator's pods, beside those that select them. */ -}}
{{- define "eppset.podLabels" -}}
{{- with merge (dict) .Values.podLabels .Values.commonLabels -}}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{- /* A map of labels as a selector: `a=b,c=d`. */ -}}
{{- define "eppset.selector" -}}
{{- $terms := list -}}
{{- range $key, $value := . -}}
{{- $terms = append $terms (printf "%s=%s" $key $value) -}}
{{- end -}}
{{- join "," $terms -}}
{{- end }}

{{- /* Of the operator's container, a YAML list: the subcommand first, what is given by hand last. */ -}}
{{- define "eppset.operatorArgs" -}}
{{- $args := list "operator" -}}
{{- if ne .Values.logLevel "info" -}}
{{- $args = append $args (printf "--log-level=%s" .Values.logLevel) -}}
{{- end -}}
{{- with .Values.watchNamespace -}}
{{- $args = append $args (printf "--namespace=%s" .) -}}
{{- end -}}
{{- if .Values.networkPolicies.enabled -}}
{{- $args = append $args "--network-policies=keep" -}}
{{- with include "eppset.selector" .Values.networkPolicies.monitoring.namespaceLabels -}}
{{- $args = append $args (printf "--monitoring-namespaces=%s" .) -}}
{{- with include "eppset.selector" $.Values.networkPolicies.monitoring.podLabels -}}
{{- $args = append $args (printf "--monitoring-pods=%s" .) -}}
{{- end -}}
{{- end -}}
{{- else if .Values.networkPolicies.remove -}}
{{- $args = append $args "--network-policies=remove" -}}
{{- end -}}
{{- with .Values.egress.image -}}
{{- $args = append $args (printf "--egress-image=%s" .) -}}
{{- end -}}
{{- with .Values.polaris -}}
{{- if .url -}}
{{- $args = concat $args (list (printf "--polaris-url=%s" .url) (printf "--polaris-namespace=%s" .namespace) (printf "--polaris-ttl=%v" .ttlSeconds)) -}}
{{- with .service -}}
{{- $args = append $args (printf "--polaris-service=%s" .) -}}
{{- end -}}
{{- if .tokenSecretName -}}
{{- $args = append $args "--polaris-token-file=/etc/eppset/polaris/token" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.console.enabled -}}
{{- $args = append $args "--console" -}}
{{- end -}}
{{- toYaml (concat $args .Values.extraArgs) -}}
{{- end }}

{{- /* Of the operator's pod: the token for Polaris, where there is one. */ -}}
{{- define "eppset.volumes" -}}
{{- with .Values.polaris }}
{{- if and .url .tokenSecretName -}}
volumes:
  - name: polaris
    secret:
      secretName: {{ .tokenSecretName }}
      # The pod's user is not its owner.
      defaultMode: 0444
{{- end }}
{{- end }}
{{- end }}

{{- define "eppset.volumeMounts" -}}
{{- with .Values.polaris }}
{{- if and .url .tokenSecretName -}}
volumeMounts:
  - name: polaris
    mountPath: /etc/eppset/polaris
    readOnly: true
{{- end }}
{{- end }}
{{- end }}
