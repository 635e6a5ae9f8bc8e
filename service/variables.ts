/** Variables: how a setting is named outside: `adminKey` is the variable BATON_ADMIN_KEY and the flag --admin-key. */
export const variableOf = (name: string): string => `BATON_${snake(name).toUpperCase()}`;
export const flagOf = (name: string): string => snake(name).replaceAll("_", "-");
const snake = (name: string): string =>
  // A unit is one word.
  name.replace(/MiB$/, "Mib").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
