import { labelsOf } from '../base/labels.js';
import type { Manifest } from '../manifest.js';
import type { ServiceDeclaration } from '../services.js';
import { hostOf } from './surroundings.js';

const gateway = 'myelin';
const certificateSecret = 'myelin-tls';

/** TLS ends here; each service has a host name of its own, since their paths are alike. */
export function gatewayRoutes(services: readonly ServiceDeclaration[]): Manifest[] {
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: gateway },
      spec: {
        gatewayClassName: 'myelin',
        listeners: [
          {
            ...{ name: 'https', protocol: 'HTTPS', port: 443 },
            tls: { mode: 'Terminate', certificateRefs: [{ name: certificateSecret }] },
            allowedRoutes: { namespaces: { from: 'Same' } },
          },
        ],
      },
    },
    ...services.map(({ name }) => ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name, labels: labelsOf(name) },
      spec: {
        parentRefs: [{ name: gateway }],
        hostnames: [hostOf(name)],
        rules: [{ backendRefs: [{ name, port: 80 }] }],
      },
    })),
  ];
}

/** For the gateway, made anew a month before it ends. Which issuer `myelin` is, is the cluster's business. */
export function certificate(services: readonly ServiceDeclaration[]): Manifest {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: certificateSecret },
    spec: {
      secretName: certificateSecret,
      dnsNames: services.map(({ name }) => hostOf(name)),
      duration: '2160h',
      renewBefore: '720h',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      issuerRef: { kind: 'ClusterIssuer', name: 'myelin' },
    },
  };
}
