/** Statements of shares: what the nodes of one store share of a tenant's rate and of its places: buckets of tokens, and places lent to nodes for a while. */
export const NEW_BUCKET = `insert into baton_rates (tenant, tokens, at) values (:tenant, :tokens, :now) on conflict do nothing`;
export const BUCKET = `select tokens as "tokens", at as "at" from baton_rates where tenant = :tenant {lock}`;
export const SET_BUCKET = `update baton_rates set tokens = :tokens, at = :at where tenant = :tenant`;
export const DROP_BUCKETS = `delete from baton_rates where at < :before`;

export const NEW_PLACES = `insert into baton_places (tenant, node, places, wants, until) values (:tenant, :node, 0, 0, :until)
  on conflict do nothing`;
/** The rows of one tenant, locked in one order. */
export const PLACES = `select node as "node", places as "places", wants as "wants" from baton_places
  where tenant = :tenant and (until > :now or node = :node) order by node {lock}`;
export const SET_PLACES = `update baton_places set places = :places, wants = :wants, until = :until
  where tenant = :tenant and node = :node`;
export const GIVE_BACK = `delete from baton_places where tenant = :tenant and node = :node`;
export const DROP_PLACES = `delete from baton_places where until < :before`;
export const DELETE_RATE = `delete from baton_rates where tenant = :tenant`;
export const DELETE_PLACES = `delete from baton_places where tenant = :tenant`;
