import { bidirectional } from "graphology-shortest-path/unweighted.js";
import type { AbstractGraph } from "graphology-types";

/** Where one can go from a node, and where one can come from, in a fixed order. */
export interface Ways {
  readonly after: (node: string) => string[];
  readonly before: (node: string) => string[];
}

/** The nodes of a shortest way, both ends included, that takes only these ways; undefined when there is none. */
export function shortestPath(graph: AbstractGraph, from: string, to: string, ways: Ways): string[] | undefined {
  // The search knows neither types nor directions: it is shown the same graph with fewer ways.
  const seen = Object.create(graph, {
    outboundNeighbors: { value: ways.after },
    inboundNeighbors: { value: ways.before },
  }) as AbstractGraph;
  return bidirectional(seen, from, to) ?? undefined;
}
