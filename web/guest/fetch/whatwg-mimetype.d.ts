declare module "whatwg-mimetype/lib/mime-type.js" {
  export default class MIMEType {
    constructor(text: string);
    readonly essence: string;
    readonly parameters: Map<string, string>;
    toString(): string;
  }
}
