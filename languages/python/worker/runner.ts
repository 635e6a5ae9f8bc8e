/** Makes isolates of the image of Python: what `Image.runner` names in a worker process. */
import type { Image } from "../../../sandbox/image.ts";
import { CachedScript, type IsolateFactory } from "../../../sandbox/worker/isolate.ts";
import type { IsolateOpener } from "../../../sandbox/worker/open-isolate.ts";
import { IMAGE_FILES, readImageFiles } from "../image-files.ts";
import { createPythonFactory } from "./python-isolate.ts";

export function pythonRunner(openIsolate: IsolateOpener) {
  return (image: Image, readFile: (index: number) => Buffer): IsolateFactory => {
    const files = readImageFiles((name) => readFile(IMAGE_FILES.indexOf(name)));
    return createPythonFactory({ openIsolate, files, glue: new CachedScript(image.bootstrap, "baton:python") });
  };
}
