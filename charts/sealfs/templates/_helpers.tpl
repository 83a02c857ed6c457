{{/* The prefix of all names. */}}
{{- define "sealfs.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a component's pods are found by. Call with (list $ "component"). */}}
{{- define "sealfs.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of an object. Call with (list $ "component"). */}}
{{- define "sealfs.labels" -}}
{{- $root := index . 0 -}}
{{ include "sealfs.selector" . }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sealfs.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* What every pod begins with. Call with (list $ values), the values of its component. */}}
{{- define "sealfs.podPlacement" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
# Variables that Kubernetes makes of Services named "sealfs-…" would look like settings.
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Replicas on different machines, where the values say nothing else. Call with (list $ values "component"). */}}
{{- define "sealfs.affinity" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
affinity:
{{- if $values.affinity }}
  {{- toYaml $values.affinity | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "sealfs.selector" (list $root (index . 2)) | nindent 14 }}
{{- end }}
{{- end -}}

{{/* Of pods that need nothing of their machine. */}}
{{- define "sealfs.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Of every container but the two privileged ones. */}}
{{- define "sealfs.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "sealfs.logEnvironment" -}}
- {name: SEALFS_LOG_LEVEL, value: {{ .Values.log.level | quote }}}
- {name: SEALFS_LOG_JSON, value: {{ .Values.log.json | quote }}}
{{- end -}}

{{/* The probe sidecar of a CSI pod: its own port, and what it listens to. */}}
{{- define "sealfs.livenessSidecar" -}}
- name: liveness-probe
  image: {{ printf "%s:%s" .image.repository .image.tag }}
  imagePullPolicy: {{ .image.pullPolicy }}
  args: [--csi-address=/csi/csi.sock, --health-port=9808]
  {{- include "sealfs.containerSecurity" . | nindent 2 }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  volumeMounts:
    - {name: socket, mountPath: /csi}
{{- end -}}

{{/* Secrets that the operator keeps for the driver: certificates of all clusters, for mounts and for the controller. */}}
{{- define "sealfs.clientSecret" -}}
{{ include "sealfs.fullname" . }}-csi-client-tls
{{- end -}}
{{- define "sealfs.adminSecret" -}}
{{ include "sealfs.fullname" . }}-csi-admin-tls
{{- end -}}
