package dev.fovea.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code completion}: a script that completes commands and options in bash and zsh. */
@Command(
        name = "completion",
        description = "Print a script that completes commands and options in bash and zsh.",
        footer = {
            "",
            "@|bold Examples:|@",
            "  source <(./fovea completion)                 for this shell",
            "  ./fovea completion > ~/.local/share/bash-completion/completions/fovea",
            ""
        })
final class CompletionCommand implements Callable<Integer> {
    private final Session session;

    CompletionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.terminal().out().print(AutoComplete.bash("fovea", new Cli(session).commandLine()));
        return ExitCode.OK;
    }
}
