/** The address that paths are put behind, without the slashes at its end. */
export function baseUrl(address: string): string {
  let end = address.length;
  while (address[end - 1] === "/") end--;
  return address.slice(0, end);
}
