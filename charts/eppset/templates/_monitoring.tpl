{{- /* On what Prometheus Operator selects: besides a name. */ -}}
{{- define "eppset.monitoringLabels" -}}
app.kubernetes.io/part-of: eppset
{{ include "eppset.labels" . }}
{{- with .Values.monitoring.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
