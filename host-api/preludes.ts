/** Names of the preludes, which are also what `preludeData` is keyed by. Apart, so that naming them loads nothing. */

export const HAND_OFF_PRELUDE = "hand-off";
export const FETCH_PRELUDE = "fetch";
