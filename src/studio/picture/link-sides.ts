/** At which sides of their groups values leave and enter: down or up within a lane, to the right into the next. */
import type { Side } from "./elk-layout.ts";
import type { Group, Link } from "./choose-boxes.ts";

export interface SidedLink {
  readonly link: Link;
  readonly leaves: Side;
  readonly enters: Side;
  /** In a lane that mirrors another: the link whose way it goes backwards. */
  readonly along: Link | undefined;
}

/** The groups of one lane. The second of three may mirror the first. */
export interface LaneGroups {
  readonly groups: readonly Group[];
  readonly isMirror: boolean;
}

export function linkSides(lanes: readonly LaneGroups[], links: readonly Link[]): SidedLink[] {
  const laneOf = new Map(
    lanes.flatMap(({ groups }, index) => groups.map((group) => [group, index] as const)),
  );
  const within = links.filter(({ from, to }) => laneOf.get(from) === 0 && laneOf.get(to) === 0);
  const byEnds = new Map(within.map((link) => [endsOf(link.from.key, link.to.key), link]));
  return links.map((link): SidedLink => {
    const [from, to] = [laneOf.get(link.from) ?? 0, laneOf.get(link.to) ?? 0];
    if (from < to) return { link, leaves: "EAST", enters: "WEST", along: undefined };
    if (from > to) return { link, leaves: "WEST", enters: "EAST", along: undefined };
    if (!lanes[from].isMirror) return { link, leaves: "SOUTH", enters: "NORTH", along: undefined };
    // dL/dx flows to where x came from.
    const along = byEnds.get(endsOf(link.to.key, link.from.key));
    return along === undefined
      ? { link, leaves: "EAST", enters: "EAST", along }
      : { link, leaves: "NORTH", enters: "SOUTH", along };
  });
}

const endsOf = (from: string, to: string): string => JSON.stringify([from, to]);
