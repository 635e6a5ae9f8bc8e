/**
 * Opens isolated-vm's native part by the path that the host gave on the command line. Its own loader would look through folders,
 * and a worker process may read nothing but this script and that one file.
 */
import type isolatedVm from "isolated-vm";
import { dlopen } from "node:process";

const opened = { exports: {} as { readonly ivm: typeof isolatedVm } };
dlopen(opened, process.argv[2]!);

export const { ivm } = opened.exports;
