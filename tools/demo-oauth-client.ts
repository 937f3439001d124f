// The OAuth client of the demonstration. Its secret is shown once, so each start makes another and deletes the former.
import { type ApiClient, bodyOf } from '../cli/api-client.ts';
import { MAX_PAGE_SIZE } from '../contracts/schemas.ts';

/** Clients may share a name, and who deletes by it must be sure: nobody else's is called this. */
const NAME = 'IdentityCenter demo';

/** A client that may read both collections of the SailPoint-shaped surface, and nothing else. */
export async function freshClient(api: ApiClient): Promise<{ clientId: string; clientSecret: string }> {
  const query = { search: NAME, pageSize: String(MAX_PAGE_SIZE) };
  const { data: known } = bodyOf(await api.clients.list({ query }), 200);
  for (const { id, name } of known)
    if (name === NAME) await api.clients.delete({ params: { id }, query: {} });
  const body = { name: NAME, authorities: ['API' as const] };
  return bodyOf(await api.clients.create({ query: {}, body }), 201).data;
}
