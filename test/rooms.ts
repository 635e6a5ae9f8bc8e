/** The rooms of the house from the ground up; those of one floor do not know each other. */
export const FLOORS: readonly (readonly string[])[] = [
  ["base"],
  ["storage"],
  ["sandbox", "host-api"],
  ["web"],
  ["languages"],
  ["runtime"],
  ["delivery"],
  ["author", "debug"],
  ["playground"],
  ["service"],
  ["cli"],
];

export const ROOMS: readonly string[] = FLOORS.flat();
