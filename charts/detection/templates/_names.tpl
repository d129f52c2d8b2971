{{/* Name of everything: RELEASE-CHART, or the release alone where it holds the chart's name. At most 40 characters, so that suffixes fit into 63. */}}
{{- define "detection.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of a component; never changes, a Deployment's selector is immutable. Takes (list ROOT COMPONENT). */}}
{{- define "detection.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Takes (list ROOT COMPONENT). */}}
{{- define "detection.labels" -}}
{{- $root := index . 0 -}}
{{ include "detection.selector" . }}
app.kubernetes.io/part-of: detection
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of a pod: the component's and the user's. Takes (list ROOT COMPONENT). */}}
{{- define "detection.podLabels" -}}
{{ include "detection.labels" . }}
{{- with (index . 0).Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "detection.serviceAccount" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else -}}
{{- ternary (include "detection.fullname" .) "default" .Values.serviceAccount.create -}}
{{- end -}}
{{- end -}}

{{/* Takes (list ROOT GPU). */}}
{{- define "detection.image" -}}
{{- $image := (index . 0).Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else if $image.tag -}}
{{- printf "%s:%s" $image.repository $image.tag -}}
{{- else -}}
{{- printf "%s:%s%s" $image.repository (index . 0).Chart.AppVersion (ternary "-cuda" "" (index . 1)) -}}
{{- end -}}
{{- end -}}

{{/* The consumer group that the workers join: as the program has it, the prefix where none is named. */}}
{{- define "detection.group" -}}
{{- default .Values.prefix .Values.kafka.group -}}
{{- end -}}
