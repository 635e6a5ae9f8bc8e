/** `URLPattern`, by its well-kept polyfill. Its regular expressions run in the isolate, under the limits of the run. */
import { URLPattern } from "urlpattern-polyfill/urlpattern";

export default function urlPattern(): Record<string, unknown> {
  return { URLPattern };
}
