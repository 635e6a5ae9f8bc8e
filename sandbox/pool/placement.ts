/**
 * Placement of runs: which process each goes to, and which one has to make room. Decisions over the slots alone, without effects.
 * A cordon whose runs compute takes no more processes than there are processors, one whose runs wait for the host takes as many as there are,
 * and a cordon that has none comes before one that wants another.
 */

/** What placing looks at in a process. */
export interface PlaceSlot {
  readonly image: string;
  readonly cordon: string | null;
  readonly ready: boolean;
  readonly load: number;
  readonly waits: number;
  /** Whether a run in it may want a processor. */
  readonly isBusy: boolean;
  readonly draining: boolean;
  readonly isExclusive: boolean;
  readonly isIdle: boolean;
  /** Whether an isolate stands ready in it, as far as it said. */
  readonly isPrepared: boolean;
  readonly idleSince: number;
  readonly boundAt: number;
}

export interface PlacementRules {
  /** Processes that may compute for one cordon at once: as many as there are processors, so that others find theirs. */
  readonly computingPerCordon: number;
  /** Processes that one cordon has at most. */
  readonly perCordon: number;
  /** Whether other cordons wait for their first process. */
  readonly othersStarve: boolean;
  /** Whether one more process may compute. One that computes already may take a further run in any case. */
  readonly mayCompute: boolean;
}

/** What a process serves: runs of one cordon, in one image. */
export interface Place {
  readonly cordon: string;
  readonly image: string;
}

export type Placement<Slot extends PlaceSlot> =
  | { readonly type: "slot"; readonly slot: Slot }
  /** `isFirst` where the cordon has none in this image. */
  | { readonly type: "start"; readonly isFirst: boolean; readonly else: Slot | null };

/** Runs that share a process before another one is started for their cordon. */
const CROWDED = 4;
/** Milliseconds that a process serves its cordon before it can be taken for another that has none. */
const TENURE_MS = 250;

/** An empty process of the cordon, else a started spare, else one that is not crowded, else a new one, else any with room; null: it has to wait. */
export function findPlace<Slot extends PlaceSlot>(
  slots: Iterable<Slot>,
  { cordon, image }: Place,
  places: number,
  { computingPerCordon, perCordon, othersStarve, mayCompute }: PlacementRules,
): Placement<Slot> | null {
  let roomiest: Slot | null = null;
  let spare: Slot | null = null;
  let own = 0;
  let computing = 0;
  for (const slot of slots) {
    if (slot.image !== image) continue;
    if (slot.cordon === null) spare ??= slot;
    if (slot.cordon !== cordon) continue;
    own++;
    if (slot.waits < slot.load / 2) computing++;
    const hasRoom = !slot.draining && !slot.isExclusive && slot.load < places && (mayCompute || slot.isBusy);
    if (hasRoom && (roomiest === null || isBetter(slot, roomiest))) roomiest = slot;
  }
  const settled: Placement<Slot> | null = roomiest && { type: "slot", slot: roomiest };
  if (roomiest?.load === 0) return settled;
  const mayGrow = mayCompute && (own === 0 || (own < perCordon && computing < computingPerCordon && !othersStarve));
  if (!mayGrow) return settled;
  if (spare !== null && (spare.ready || roomiest === null)) return { type: "slot", slot: spare };
  if (roomiest !== null && roomiest.load < CROWDED) return settled;
  return { type: "start", isFirst: own === 0, else: roomiest };
}

/**
 * Less is in it. Of empty ones the one that has an isolate ready; and where neither has, the one that has been empty for longer, which is
 * nearer to having one: runs that follow each other without a pause then find one made while the other process played the run before.
 */
function isBetter(slot: PlaceSlot, than: PlaceSlot): boolean {
  if (slot.load !== than.load) return slot.load < than.load;
  if (slot.load > 0 || than.isPrepared) return false;
  return slot.isPrepared || slot.idleSince < than.idleSince;
}

/** The process that has been idle for longest. */
export function longestIdle<Slot extends PlaceSlot>(slots: Iterable<Slot>): Slot | null {
  let idle: Slot | null = null;
  for (const slot of slots) if (slot.isIdle && slot.idleSince < (idle?.idleSince ?? Infinity)) idle = slot;
  return idle;
}

/**
 * The cordon that lets a process go when its runs are through, so that `starving` ones come to theirs: the one that has most, and among equals the one
 * that has had it longest. Null while enough are on their way out, or none has served its cordon for long enough.
 */
export function findLeaver<Slot extends PlaceSlot>(
  slots: ReadonlySet<Slot>,
  starving: number,
  now: number = performance.now(),
): Slot | null {
  let leaving = 0;
  const counts = new Map<string, number>();
  for (const slot of slots) {
    if (slot.draining) leaving++;
    if (slot.cordon !== null) counts.set(slot.cordon, (counts.get(slot.cordon) ?? 0) + 1);
  }
  if (leaving >= starving) return null;
  const servedEnough = now - TENURE_MS;
  let leaver: Slot | null = null;
  for (const slot of slots) {
    if (slot.draining || slot.cordon === null || slot.boundAt > servedEnough) continue;
    const more = leaver === null ? 1 : counts.get(slot.cordon)! - counts.get(leaver.cordon!)!;
    if (more > 0 || (more === 0 && slot.boundAt < leaver!.boundAt)) leaver = slot;
  }
  return leaver;
}
