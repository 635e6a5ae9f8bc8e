// Loaded before the command: makes its standard output look like a terminal that is 40 columns wide.
import { WriteStream } from "node:tty";

process.stdout.isTTY = true;
process.stdout.columns = 40;
process.stdout.getColorDepth = WriteStream.prototype.getColorDepth;
