export interface Named {
  readonly name: string
}

interface Container {
  readonly command: readonly string[]
  readonly envFrom: readonly [{ readonly secretRef: Named }]
  readonly env: readonly (Named & { readonly value: string })[]
  readonly ports: readonly (Named & { readonly containerPort: number })[]
  readonly readinessProbe: { readonly httpGet: object }
  readonly livenessProbe: { readonly httpGet: object }
  readonly volumeMounts: readonly (Named & {
    readonly mountPath: string
    readonly subPath?: string
  })[]
}

interface Pod {
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly [Container]
  readonly volumes: readonly (Named & {
    readonly configMap?: Named
    readonly persistentVolumeClaim?: { readonly claimName: string }
  })[]
}

interface Backend {
  readonly service: Named & { readonly port: Named }
}

/** Of each kind what is read of it here. */
interface Specs {
  readonly ConfigMap: { readonly data: Readonly<Record<string, string>> }
  readonly Service: {
    readonly spec: {
      readonly selector: object
      readonly ports: readonly (Named & { readonly targetPort: string })[]
    }
  }
  readonly Ingress: {
    readonly spec: {
      readonly rules: readonly [
        { readonly http: { readonly paths: readonly { path: string; backend: Backend }[] } },
      ]
    }
  }
  readonly Deployment: {
    readonly spec: {
      readonly replicas: number
      readonly strategy: { readonly type: string }
      readonly selector: { readonly matchLabels: object }
      readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod }
    }
  }
  readonly PodDisruptionBudget: { readonly spec: { readonly selector: { matchLabels: object } } }
}

export interface Resource {
  readonly kind: string
  readonly metadata: Named
}

/** The one of that kind; undefined where there is none. */
export function ofKind<K extends keyof Specs>(resources: readonly Resource[], kind: K) {
  return resources.find((each): each is Resource & Specs[K] => each.kind === kind)
}

/** The same; throws where there is none. */
export function theOne<K extends keyof Specs>(resources: readonly Resource[], kind: K) {
  const found = ofKind(resources, kind)
  if (!found) throw new Error(`no ${kind}`)
  return found
}
