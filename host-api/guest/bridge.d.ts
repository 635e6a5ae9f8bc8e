/**
 * The part of the guest's bridge that the fetch prelude and its part use. Written out here because this room and the sandbox do not know each
 * other; a test holds the two together.
 */
export interface FetchBridge {
  callAsync(name: string, argsJson: string, bytes?: Uint8Array): Promise<{ value: unknown; bytes?: Uint8Array }>;
  loadPart(name: string): unknown;
  onStart(listener: (data: unknown) => void): void;
  readonly primordials: {
    readonly defineProperty: (value: object, key: PropertyKey, descriptor: PropertyDescriptor) => unknown;
    readonly defineGlobal: (name: string, descriptor: PropertyDescriptor) => void;
    readonly freeze: <T>(value: T) => T;
    readonly ownKeys: (value: object) => (string | symbol)[];
  };
}
