// Reads the LDIF that `ldapsearch` writes, byte for byte.

export interface LdifEntry {
  dn: string;
  /** Attribute name → values, byte for byte. */
  attributes: Map<string, Buffer[]>;
}

/** Unwrapped LDIF (RFC 2849) as ldapsearch writes it: `name: text` or `name:: base64`. */
export function parseLdif(text: string): LdifEntry[] {
  return text
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
    .filter((lines) => lines[0]?.startsWith('dn:'))
    .map((lines) => {
      const [first, ...rest] = lines.map(parseLine);
      const attributes = new Map<string, Buffer[]>();
      for (const [name, value] of rest) attributes.set(name, [...(attributes.get(name) ?? []), value]);
      return { dn: String(first?.[1]), attributes };
    });
}

function parseLine(line: string): [string, Buffer] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  const rest = line.slice(colon + 1);
  if (rest.startsWith(':')) return [name, Buffer.from(rest.slice(1).trim(), 'base64')];
  return [name, Buffer.from(rest.startsWith(' ') ? rest.slice(1) : rest)];
}
