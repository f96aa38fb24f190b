{{- define "ozhb.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "ozhb.labels" -}}
app.kubernetes.io/name: ozhb
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ozhb.selects" -}}
app.kubernetes.io/name: ozhb
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ozhb.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end }}

{{- define "ozhb.worker" -}}
{{- $tag := include "ozhb.tag" . | lower | replace "." "-" | replace "_" "-" | trunc 20 -}}
{{- printf "%s-worker-%s" (include "ozhb.name" .) $tag | trimSuffix "-" -}}
{{- end }}

{{- define "ozhb.image" -}}
image: "{{ .Values.image.repository }}:{{ include "ozhb.tag" . }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{/* Every process reads the same settings; secrets are files. */}}
{{- define "ozhb.environment" -}}
- name: OZHB_VERSIONED
  value: "true"
- name: OZHB_PORT
  value: "8080"
- name: OZHB_WORKER_HOST
  value: "0.0.0.0"
- name: OZHB_WORKER_PORT
  value: "9090"
- name: OZHB_TRUST_FILE
  value: /etc/ozhb/secrets/{{ .Values.secret.trustKey }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $key := .Values.secret.keys }}
- name: {{ $name }}_FILE
  value: /etc/ozhb/secrets/{{ $key }}
{{- end }}
{{- end }}

{{- define "ozhb.pod" -}}
automountServiceAccountToken: false
# Else a service of our name would put an OZHB_PORT of its own into every environment.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: tmp
    emptyDir: {}
  - name: secrets
    secret:
      secretName: {{ .Values.secret.name }}
      defaultMode: 0440
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "ozhb.container" -}}
{{ include "ozhb.image" . }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: secrets
    mountPath: /etc/ozhb/secrets
    readOnly: true
{{- end }}

{{/* A command that runs once, before or after a change of the release. */}}
{{- define "ozhb.job" -}}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $when := index . 2 }}{{ $weight := index . 3 }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "ozhb.name" $root }}-{{ $name }}
  labels:
    {{- include "ozhb.labels" $root | nindent 4 }}
  annotations:
    helm.sh/hook: {{ $when }}
    helm.sh/hook-weight: {{ $weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 3
  template:
    metadata:
      labels:
        {{- include "ozhb.selects" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $name }}
    spec:
      restartPolicy: Never
      {{- include "ozhb.pod" $root | nindent 6 }}
      containers:
        - name: {{ $name }}
          {{- include "ozhb.container" $root | nindent 10 }}
{{- end }}
