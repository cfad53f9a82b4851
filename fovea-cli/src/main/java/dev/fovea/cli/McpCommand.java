package dev.fovea.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mcp}: tools for language models, until the client goes, Ctrl-C or SIGTERM. */
@Command(
        name = "mcp",
        description = {
            "Give a model to programs that speak the Model Context Protocol, as the tools ask_picture, compare_techniques"
                    + " and explain_tokens: on standard input and output, or over HTTP.",
            "Programs start it themselves: tell them the command 'fovea' and the argument 'mcp'."
        },
        footer = {"", "@|bold Examples:|@", "  fovea mcp --pictures ~/Pictures", "  fovea mcp --http 8090", ""})
final class McpCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65_535;

    private final Session session;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(
            names = "--http",
            paramLabel = "PORT",
            description =
                    "Listen on this port of this machine alone, at /mcp, instead of standard input; 0 for any that"
                            + " is free.")
    @Nullable
    Integer port;

    @Option(
            names = "--pictures",
            paramLabel = "DIR",
            description =
                    "The one folder from which tools read pictures and documents (default: any that you can read; over HTTP"
                            + " none, pictures come in the calls).")
    @Nullable
    Path pictures;

    McpCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
        spending.check();
        if (port != null && (port < 0 || port > MOST_PORT)) {
            throw CommandFailure.usage("--http is " + port + "; ports lie between 0 and " + MOST_PORT);
        }
        // Its libraries are on the class path of this command alone: nothing else here may name them.
        new McpServing(session, port, pictures).serve(model, precision, spending);
        return ExitCode.OK;
    }
}
