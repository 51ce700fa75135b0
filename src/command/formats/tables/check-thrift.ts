// Checks a struct of Thrift's compact protocol before it is parsed: the parser allocates lists of whatever
// length they declare. The header of a page and the footer of a Parquet file are such structs.

/** Deeper than any that Parquet defines. */
const deepestStruct = 24;

/** Numbers have 64 bits at most, which take 10 bytes of 7. */
const mostVarintBytes = 10;

/** Where the struct ends that begins here. Throws for one that declares more than the bytes that are there. */
export function thriftEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  const take = (count: number): number => {
    if (count > bytes.length - at) throw new Error("a length is greater than the bytes that are left");
    at += count;
    return bytes[at - count];
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < mostVarintBytes; i++) {
      const byte = take(1);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new Error("a number is longer than 64 bits");
  };
  const list = (depth: number): void => {
    const head = take(1);
    const [type, short] = [head & 15, head >> 4];
    const size = short === 15 ? varint() : short;
    if (size > bytes.length - at) throw new Error("a list is longer than the bytes that are left");
    for (let i = 0; i < size; i++) {
      // Truth values take a byte in lists, and none in structs.
      if (type <= 2) take(1);
      else value(type, depth);
    }
  };
  const value = (type: number, depth: number): void => {
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        return void take(1);
      case 4:
      case 5:
      case 6:
        return void varint();
      case 7:
        return void take(8);
      case 8:
        return void take(varint());
      case 9:
        return list(depth + 1);
      case 12:
        return struct(depth + 1);
      default:
        throw new Error(`a value has the unknown type ${type}`);
    }
  };
  const struct = (depth: number): void => {
    if (depth > deepestStruct) throw new Error(`structs are nested more than ${deepestStruct} deep`);
    for (let head = take(1); (head & 15) !== 0; head = take(1)) {
      if (head >> 4 === 0) varint();
      value(head & 15, depth);
    }
  };
  struct(0);
  return at;
}
