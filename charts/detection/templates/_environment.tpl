{{/* What every container is told; the names are those of docs/operating.md. Secrets are files below /etc/detection, never here. */}}
{{- define "detection.environment" -}}
{{- $v := .Values -}}
- {name: Detection__Data, value: /data}
- {name: Detection__Stream, value: kafka}
- {name: Detection__Store, value: elasticsearch}
- {name: Detection__Prefix, value: {{ $v.prefix | quote }}}
- {name: Detection__Model, value: {{ $v.model | quote }}}
{{- with $v.observer }}
- {name: Detection__Observer, value: {{ . | quote }}}
{{- end }}
{{- with $v.second }}
- {name: Detection__Second, value: {{ . | quote }}}
{{- end }}
- {name: Detection__Heads, value: {{ $v.heads | quote }}}
- {name: Detection__Bodies, value: {{ $v.bodies | quote }}}
{{- range $i, $receiver := $v.trustedReceivers }}
- {name: Detection__TrustedReceivers__{{ $i }}, value: {{ $receiver | quote }}}
{{- end }}
{{- with $v.expectedPerDay }}
- {name: Detection__ExpectedPerDay, value: {{ int64 . | quote }}}
{{- end }}
{{- range concat (list $v.budget.hold $v.budget.review) (values $v.budget.holdIn) (values $v.budget.reviewIn) }}
{{- if and (hasSuffix "/day" .) (not $v.expectedPerDay) }}
{{- fail (printf "budget: %s is a number a day, which needs expectedPerDay" .) }}
{{- end }}
{{- end }}
{{- with $v.budget.hold }}
- {name: Detection__Budget__Hold, value: {{ . | quote }}}
{{- end }}
{{- with $v.budget.review }}
- {name: Detection__Budget__Review, value: {{ . | quote }}}
{{- end }}
{{- range $channel, $budget := $v.budget.holdIn }}
{{- with $budget }}
- {name: Detection__Budget__HoldIn__{{ $channel }}, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- range $channel, $budget := $v.budget.reviewIn }}
{{- with $budget }}
- {name: Detection__Budget__ReviewIn__{{ $channel }}, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- range $i, $condition := $v.rule.hold }}
- {name: Detection__Rule__Hold__{{ $i }}, value: {{ $condition | quote }}}
{{- end }}
{{- range $i, $condition := $v.rule.review }}
- {name: Detection__Rule__Review__{{ $i }}, value: {{ $condition | quote }}}
{{- end }}
{{- with $v.retention.verdictDays }}
- {name: Detection__Retention__VerdictDays, value: {{ int64 . | quote }}}
{{- end }}
{{- with $v.retention.decisionDays }}
- {name: Detection__Retention__DecisionDays, value: {{ int64 . | quote }}}
{{- end }}
- {name: Detection__Kafka__BootstrapServers, value: {{ $v.kafka.bootstrapServers | quote }}}
- {name: Detection__Kafka__Group, value: {{ include "detection.group" . | quote }}}
- {name: Detection__Kafka__Verdicts, value: {{ $v.kafka.verdicts | quote }}}
- {name: Detection__Kafka__Transactional, value: {{ $v.kafka.transactional | quote }}}
- {name: Detection__Kafka__MaxInFlight, value: {{ int64 $v.detector.maxInFlight | quote }}}
{{- if $v.kafka.caSecret }}
- {name: Detection__Kafka__Settings__ssl_ca_location, value: /etc/detection/kafka-ca/ca.crt}
{{- end }}
{{- range $name, $value := $v.kafka.settings }}
- {name: Detection__Kafka__Settings__{{ $name | replace "." "_" }}, value: {{ $value | quote }}}
{{- end }}
- {name: Detection__Elasticsearch__Nodes, value: {{ $v.elasticsearch.nodes | quote }}}
- {name: Detection__Elasticsearch__Shards, value: {{ int64 $v.elasticsearch.shards | quote }}}
- {name: Detection__Elasticsearch__Replicas, value: {{ int64 $v.elasticsearch.replicas | quote }}}
- {name: Detection__Elasticsearch__RefreshInterval, value: {{ $v.elasticsearch.refreshInterval | quote }}}
{{- if $v.elasticsearch.caSecret }}
- {name: Detection__Elasticsearch__CertificateAuthority, value: /etc/detection/elasticsearch-ca/ca.crt}
{{- end }}
{{- if or $v.kafka.existingSecret $v.elasticsearch.existingSecret }}
- {name: Detection__Secrets, value: /etc/detection/secrets}
{{- end }}
{{- with $v.telemetry.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
# No diagnostics socket in /tmp for others in the pod.
- {name: DOTNET_EnableDiagnostics, value: "0"}
{{- with $v.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* For what listens beyond loopback. */}}
{{- define "detection.listening" -}}
- {name: Detection__Http__Urls, value: "http://0.0.0.0:5080"}
- {name: Detection__Auth__KeysFile, value: /etc/detection/auth/keys}
{{- if .Values.auth.usersKey }}
- {name: Detection__Auth__UsersFile, value: /etc/detection/auth/users}
{{- end }}
{{- end -}}
