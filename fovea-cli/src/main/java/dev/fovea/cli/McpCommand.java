package dev.fovea.cli;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.SharedModel;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.mcp.FoveaMcpServer;
import dev.fovea.mcp.PictureSource;
import dev.fovea.mcp.Spending;
import dev.fovea.mcp.ToolBox;
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
    private static final long LOOK_MS = 200;
    private static final int MOST_PORT = 65_535;

    private final Session session;
    private final Terminal terminal;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(
            names = "--http",
            paramLabel = "PORT",
            description = "Listen on this port of this machine alone, at /mcp, instead of standard input; 0 for any that"
                    + " is free.")
    @Nullable
    Integer port;

    @Option(
            names = "--pictures",
            paramLabel = "DIR",
            description = "The one folder from which tools read picture files (default: any that you can read; over HTTP"
                    + " none, pictures come in the calls).")
    @Nullable
    Path pictures;

    McpCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() throws InterruptedException {
        spending.check();
        if (port != null && (port < 0 || port > MOST_PORT)) {
            throw CommandFailure.usage("--http is " + port + "; ports lie between 0 and " + MOST_PORT);
        }
        PictureSource source = source();
        Path folder = model.resolve(session);
        try (VisionLanguageModel opened = ModelOption.open(session, folder, precision.options());
                SharedModel shared = SharedModel.of(opened, BatchOptions.defaults())) {
            spending.check(opened, 1);
            serve(new ToolBox(
                    shared, model.name(session), source, new Spending(spending.techniques, spending.budget())));
        }
        return ExitCode.OK;
    }

    private PictureSource source() {
        if (pictures != null) {
            return PictureSource.below(pictures, PictureLimits.DEFAULT);
        }
        return port == null
                ? PictureSource.anyFile(PictureLimits.DEFAULT)
                : PictureSource.dataOnly(PictureLimits.DEFAULT);
    }

    private void serve(ToolBox box) throws InterruptedException {
        try (FoveaMcpServer server = start(box)) {
            if (port != null) {
                terminal.out()
                        .println(box.name() + " is ready at http://127.0.0.1:" + server.port()
                                + "/mcp (Ctrl-C stops it)");
                terminal.out().flush();
            }
            while (!session.interruption().requested() && !server.awaitEnd(LOOK_MS)) {
                // Neither the person nor the client has had enough.
            }
        }
    }

    private FoveaMcpServer start(ToolBox box) {
        try {
            return port == null
                    ? FoveaMcpServer.overStreams(box, Version.number(), terminal.in(), terminal.out())
                    : FoveaMcpServer.overHttp(box, Version.number(), port);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}
