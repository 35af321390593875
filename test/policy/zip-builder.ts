/** Builds ZIP archives for tests, honest and dishonest ones. */
import { deflateRawSync } from "node:zlib";

export interface ZipInput {
  readonly name: string;
  readonly content?: Buffer | string;
  readonly localName?: string;
  readonly encrypted?: boolean;
  readonly method?: number;
  /** What the directory states instead of the truth. */
  readonly statedOctets?: number;
}

export const zip = (inputs: readonly ZipInput[]): Buffer => {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content = "", localName = name, encrypted = false, method = 8, statedOctets } of inputs) {
    const plain = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(plain) : plain;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(encrypted ? 1 : 0, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(plain.length, 22);
    local.writeUInt16LE(Buffer.byteLength(localName), 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(encrypted ? 1 : 0, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(statedOctets ?? plain.length, 24);
    central.writeUInt16LE(Buffer.byteLength(name), 28);
    central.writeUInt32LE(offset, 42);
    const whole = Buffer.concat([local, Buffer.from(localName), packed]);
    locals.push(whole);
    centrals.push(Buffer.concat([central, Buffer.from(name)]));
    offset += whole.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(inputs.length & 0xffff, 8);
  end.writeUInt16LE(inputs.length & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};
