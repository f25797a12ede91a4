{{/* A role as a StatefulSet of one: a journal belongs to one process. Takes root, name, role (its values), and what it signs and watches. */}}
{{- define "opg.labels" -}}
app.kubernetes.io/name: opg
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "opg.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Of a server: its URL, and the file of its password. */}}
{{- define "opg.server" -}}
{{- if .server.url }}
- { name: OPG_{{ .what }}_URL, value: {{ .server.url | quote }} }
{{- if .server.passwordSecret }}
- { name: OPG_{{ .what }}_PASSWORD_FILE, value: /run/secrets/{{ .what | lower }}/password }
{{- end }}
{{- end }}
{{- end }}

{{- define "opg.env" -}}
- { name: OPG_DATA_DIR, value: /data }
- { name: OPG_HTTP_HOST, value: "0.0.0.0" }
- { name: OPG_HTTP_PORT, value: "8650" }
{{- if .chain }}
- { name: OPG_RPC_URL_FILE, value: /run/secrets/chain/url }
- { name: OPG_DEPLOYMENT, value: /config/deployment.json }
- { name: OPG_FINALITY, value: {{ .root.Values.chain.finality | quote }} }
{{- end }}
{{- if .models }}
{{- with .root.Values.stores }}
- { name: OPG_STORES, value: {{ join "," . | quote }} }
{{- end }}
{{- with .root.Values.privateOrigins }}
- { name: OPG_PRIVATE_ORIGINS, value: {{ join "," . | quote }} }
{{- end }}
{{- end }}
{{- if .role.keySecret }}
- { name: OPG_KEY_FILE, value: /run/secrets/key/keystore }
- { name: OPG_KEY_PASSWORD_FILE, value: /run/secrets/key/password }
{{- end }}
{{- with .role.account }}
- { name: OPG_NODE_ACCOUNT, value: {{ . | quote }} }
{{- end }}
{{- include "opg.server" (dict "what" "JOURNAL" "server" (.role.journal | default dict)) }}
{{- include "opg.server" (dict "what" "QUEUE" "server" (.role.queue | default dict)) }}
{{- if .namespace }}
- { name: OPG_QUEUE_NAMESPACE, value: node }
{{- end }}
{{- range $name, $value := .role.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "opg.mounts" -}}
- { name: data, mountPath: /data }
- { name: tmp, mountPath: /tmp }
{{- if .chain }}
- { name: deployment, mountPath: /config, readOnly: true }
- { name: chain, mountPath: /run/secrets/chain, readOnly: true }
{{- end }}
{{- if .role.keySecret }}
- { name: key, mountPath: /run/secrets/key, readOnly: true }
{{- end }}
{{- if (.role.journal | default dict).passwordSecret }}
- { name: journal, mountPath: /run/secrets/journal, readOnly: true }
{{- end }}
{{- if (.role.queue | default dict).passwordSecret }}
- { name: queue, mountPath: /run/secrets/queue, readOnly: true }
{{- end }}
{{- end }}

{{- define "opg.volumes" -}}
- name: tmp
  emptyDir: {}
{{- if .chain }}
- name: deployment
  configMap: { name: {{ .root.Release.Name }}-deployment }
- name: chain
  secret: { secretName: {{ .root.Values.chain.rpcUrlSecret }}, defaultMode: 0440 }
{{- end }}
{{- with .role.keySecret }}
- name: key
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- with (.role.journal | default dict).passwordSecret }}
- name: journal
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- with (.role.queue | default dict).passwordSecret }}
- name: queue
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- end }}

{{- define "opg.pod" -}}
automountServiceAccountToken: false
# process.graceSeconds, and a moment.
terminationGracePeriodSeconds: 45
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
containers:
  - name: {{ .name }}
    image: {{ include "opg.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [workers/{{ .name }}/main.ts]
    env:
      {{- include "opg.env" . | nindent 6 }}
    ports:
      - { name: http, containerPort: 8650 }
    # No liveness probe: what is not well is usually the endpoint of the chain, and a process that cannot go on ends by itself.
    readinessProbe:
      httpGet: { path: /healthz, port: http }
      periodSeconds: 10
      timeoutSeconds: 5
    resources:
      {{- toYaml (.resources | default .role.resources) | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    volumeMounts:
      {{- include "opg.mounts" . | nindent 6 }}
{{- end }}

{{- define "opg.role" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .root.Release.Name }}-{{ .name }}
  labels: {{- include "opg.labels" . | nindent 4 }}
spec:
  # Two would have one key and one journal: the second refuses to start.
  replicas: 1
  serviceName: {{ .root.Release.Name }}-{{ .name }}
  selector:
    matchLabels: {{- include "opg.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opg.labels" . | nindent 8 }}
    spec:
      {{- include "opg.pod" . | nindent 6 }}
      volumes:
        {{- include "opg.volumes" . | nindent 8 }}
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .root.Values.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: { requests: { storage: {{ .role.storage }} } }
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .root.Release.Name }}-{{ .name }}
  labels: {{- include "opg.labels" . | nindent 4 }}
spec:
  selector: {{- include "opg.labels" . | nindent 4 }}
  ports:
    - { name: http, port: 8650, targetPort: http }
{{- end }}
