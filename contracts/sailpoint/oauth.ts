// Tokens for programs: OAuth 2.0's client credentials grant (RFC 6749, section 4.4).
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { sailPointErrorSchema, tooManyRequestsSchema } from './schemas.ts';

const c = initContract();

const tokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int().meta({ description: 'Seconds.' }),
    scope: z.string().meta({ description: 'Scopes with spaces between.' }),
  })
  .meta({ title: 'OAuthToken' });

const oauthErrorSchema = z
  .object({
    error: z.enum(['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope']),
    error_description: z.string(),
  })
  .meta({ title: 'OAuthError' });

export const oauthContract = c.router({
  token: {
    method: 'POST',
    path: '/oauth/token',
    contentType: 'application/x-www-form-urlencoded',
    summary: 'Exchange client credentials for a bearer token',
    description:
      'The client id and secret are in the form, or in a Basic `Authorization` header, each encoded as in a form. Other fields of the form are ignored.',
    metadata: { public: true },
    query: z.strictObject({}),
    body: z.object({
      grant_type: z.string().meta({ description: '`client_credentials`.' }),
      client_id: z.string().optional(),
      client_secret: z.string().optional(),
      scope: z.string().optional().meta({
        description:
          'Some of the scopes of the client, with spaces between; all of them when it is left out.',
      }),
    }),
    responses: {
      200: tokenSchema,
      400: oauthErrorSchema,
      401: oauthErrorSchema,
      429: tooManyRequestsSchema,
      500: sailPointErrorSchema,
      503: sailPointErrorSchema,
    },
  },
});
