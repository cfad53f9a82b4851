/**
 * JSON that follows a schema, enforced token by token: a schema becomes a grammar over bytes, and at every place of an
 * answer only those tokens are left whose bytes can go on to a document that the schema allows.
 */
@NullMarked
package dev.fovea.core.generate.json;

import org.jspecify.annotations.NullMarked;
