/** `URLPattern`, by its well-kept polyfill. Its regular expressions run in the isolate, under the limits of the run. */
import { URLPattern } from "urlpattern-polyfill/urlpattern";
import { shaped } from "../idl.ts";

export default function urlPattern(): Record<string, unknown> {
  // A method of an earlier draft of the standard's, which no engine has.
  Reflect.deleteProperty(URLPattern, "compareComponent");
  return shaped({ URLPattern });
}
