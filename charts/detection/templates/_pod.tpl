{{/* No root, no privilege, no token, no writable root: the same for every pod. 1654 is `app` of the .NET images. */}}
{{- define "detection.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "detection.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where a pod may run. Takes a component's values. */}}
{{- define "detection.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* Takes (list ROOT LISTENS): what listens also gets the files of who may ask. */}}
{{- define "detection.mounts" -}}
{{- $v := (index . 0).Values -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
{{- if or $v.kafka.existingSecret $v.elasticsearch.existingSecret }}
- {name: secrets, mountPath: /etc/detection/secrets, readOnly: true}
{{- end }}
{{- if $v.kafka.caSecret }}
- {name: kafka-ca, mountPath: /etc/detection/kafka-ca, readOnly: true}
{{- end }}
{{- if $v.elasticsearch.caSecret }}
- {name: elasticsearch-ca, mountPath: /etc/detection/elasticsearch-ca, readOnly: true}
{{- end }}
{{- if index . 1 }}
- {name: auth, mountPath: /etc/detection/auth, readOnly: true}
{{- end }}
{{- end -}}

{{/* Takes (list ROOT LISTENS CLAIM): CLAIM holds /data; empty: it goes with the pod. */}}
{{- define "detection.volumes" -}}
{{- $v := (index . 0).Values -}}
- name: data
  {{- if index . 2 }}
  persistentVolumeClaim: {claimName: {{ index . 2 }}}
  {{- else }}
  emptyDir: {}
  {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- if or $v.kafka.existingSecret $v.elasticsearch.existingSecret }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range uniq (compact (list $v.kafka.existingSecret $v.elasticsearch.existingSecret)) }}
      - secret: {name: {{ . }}}
      {{- end }}
{{- end }}
{{- if $v.kafka.caSecret }}
- name: kafka-ca
  secret: {secretName: {{ $v.kafka.caSecret }}, defaultMode: 0440, items: [{key: {{ $v.kafka.caKey }}, path: ca.crt}]}
{{- end }}
{{- if $v.elasticsearch.caSecret }}
- name: elasticsearch-ca
  secret: {secretName: {{ $v.elasticsearch.caSecret }}, defaultMode: 0440, items: [{key: {{ $v.elasticsearch.caKey }}, path: ca.crt}]}
{{- end }}
{{- if index . 1 }}
- name: auth
  secret:
    secretName: {{ $v.auth.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ $v.auth.keysKey }}, path: keys}
      {{- if $v.auth.usersKey }}
      - {key: {{ $v.auth.usersKey }}, path: users}
      {{- end }}
{{- end }}
{{- end -}}

{{/* Host is named because a server on loopback answers to loopback names alone. The model is loaded before anything listens: a start may take five minutes. */}}
{{- define "detection.probes" -}}
startupProbe:
  httpGet: &live {path: /health/live, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: *live
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /health/ready, port: http, httpHeaders: [{name: Host, value: localhost}]}
  periodSeconds: 10
  timeoutSeconds: 6
  failureThreshold: 3
{{- end -}}
