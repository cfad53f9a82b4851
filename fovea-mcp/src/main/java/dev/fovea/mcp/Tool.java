package dev.fovea.mcp;

import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.Set;

/** Something that a language model may call. */
interface Tool {

    /** What a language model is told of it. */
    String description();

    String name();

    /** A JSON schema of its arguments. */
    String schema();

    /** The names of its arguments. */
    Set<String> arguments();

    /**
     * Does it.
     *
     * @throws RuntimeException of one sentence, which the caller is told
     */
    CallToolResult call(Arguments arguments);
}
