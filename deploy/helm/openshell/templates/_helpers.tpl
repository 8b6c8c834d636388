{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "openshell.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "openshell.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "openshell.selectorLabels" -}}
app.kubernetes.io/name: {{ include "openshell.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "openshell.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "openshell.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "openshell.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "openshell.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Another list of names or secrets makes a new server certificate: start the pod anew with it. */}}
{{- define "openshell.pkiChecksum" -}}
{{- list .Values.gateway.tls.extraSANs .Values.server.tls .Values.server.disableTls | toJson | sha256sum }}
{{- end }}

{{/* CEL: this name is of no secret that belongs to the gateway alone. */}}
{{- define "openshell.secretAllowed" -}}
{{- $values := (index . 0).Values }}{{ $name := index . 1 -}}
(!{{ $name }}.startsWith('sh.helm.') && !({{ $name }} in ['{{ $values.gateway.tls.caSecretName }}',
{{- printf " '%s', '%s'" $values.server.tls.certSecretName $values.server.tls.clientCaSecretName }}]))
{{- end }}
