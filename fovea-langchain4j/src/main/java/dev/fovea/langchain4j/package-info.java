/**
 * Models of Fovea as models of LangChain4j, inside the process: chats, whole and streamed, embeddings of texts and
 * pictures in one space, and scores. Techniques and budgets are chosen when a model is built, and per request.
 */
@NullMarked
package dev.fovea.langchain4j;

import org.jspecify.annotations.NullMarked;
