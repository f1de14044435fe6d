{{/* The name of everything; the release's own if it says what this is. */}}
{{- define "restart-operator.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "restart-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "restart-operator.labels" -}}
{{ include "restart-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "restart-operator.lease" -}}
{{ .Values.leaseName | default (include "restart-operator.name" .) }}
{{- end -}}

{{- define "restart-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "restart-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "restart-operator.name" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* Cluster-scoped names carry the namespace when the rights do not span the cluster. */}}
{{- define "restart-operator.clusterAccountsName" -}}
{{ include "restart-operator.name" . }}-cluster-accounts-{{ .Release.Namespace }}
{{- end -}}
