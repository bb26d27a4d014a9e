/** A span by its name and the service that writes it. */
export type Node = `${string}@${string}`;

/** What an edge begins at when the driver's own request is its parent. */
export const driver = 'request@driver' satisfies Node;

export type JourneyName =
  'report' | 'report-while-killed' | 'acknowledgement' | 'profile' | 'device' | 'rollout' | 'feedback' | 'silence';

/** What one request of the driver has to leave behind, or what begins by itself. */
export interface Journey {
  readonly name: JourneyName;
  readonly title: string;
  /** Of what no request leads to: the first span of its trace, by an attribute. It links what led to it. */
  readonly root?: { readonly node: Node; readonly attribute: string; readonly value: string };
  /** Service -> the spans that it must have written. */
  readonly signals: Readonly<Record<string, readonly string[]>>;
  /** Parent -> child, in the one trace of the request. */
  readonly edges: readonly (readonly [parent: Node, child: Node])[];
  /** What goes on later, in a trace of its own: linked to -> linking. */
  readonly links: readonly (readonly [cause: Node, later: Node])[];
  /** Parent -> child, in those later traces. */
  readonly laterEdges: readonly (readonly [parent: Node, child: Node])[];
}
