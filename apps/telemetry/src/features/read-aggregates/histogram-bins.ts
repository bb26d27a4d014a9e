import type { Bins } from '../../domain/order-statistics.js';
import { parameterFaults } from '../../http/parameter-faults.js';
import type { AggregatesQuery } from './aggregates.dto.js';

const names = ['histogramEdges', 'histogramBins', 'histogramFrom', 'histogramTo'] as const;

/** How the query wants histograms cut; undefined when it wants none. @throws Problem 400 validation-failed */
export function binsOf(query: AggregatesQuery): Bins | undefined {
  const given = names.filter((name) => query[name] !== undefined);
  if (!query.functions.includes('histogram')) {
    if (given.length > 0)
      throw parameterFaults(...given.map((name) => fault(name, 'needs `histogram` among functions')));
    return undefined;
  }
  const { histogramEdges: edges, histogramBins: bins, histogramFrom: from, histogramTo: to } = query;
  if (edges !== undefined) {
    const others = given.filter((name) => name !== 'histogramEdges');
    if (others.length > 0) throw parameterFaults(...others.map((name) => fault(name, 'has no meaning with edges')));
    if (edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? NaN))) return { edges };
    throw parameterFaults(fault('histogramEdges', 'must ascend'));
  }
  if (bins === undefined) {
    throw parameterFaults(fault('histogramBins', '`histogram` needs histogramEdges or histogramBins'));
  }
  if (from === undefined && to === undefined) return { bins };
  if (from === undefined) throw parameterFaults(fault('histogramFrom', 'is needed beside histogramTo'));
  if (to === undefined) throw parameterFaults(fault('histogramTo', 'is needed beside histogramFrom'));
  if (from < to) return { bins, range: { from, to } };
  throw parameterFaults(fault('histogramTo', 'must be greater than histogramFrom'));
}

function fault(parameter: (typeof names)[number], detail: string): { parameter: string; detail: string } {
  return { parameter, detail };
}
