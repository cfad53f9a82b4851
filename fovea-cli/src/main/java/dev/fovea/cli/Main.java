package dev.fovea.cli;

import java.io.PrintStream;

/** Entry point of the process. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        HiddenStart.end();
        StandardOutput output = StandardOutput.ofProcess();
        System.setOut(new PrintStream(output, true, System.out.charset()));
        Session session = Session.ofProcess();
        int code = new Cli(session).run(args);
        session.terminal().out().flush();
        code = output.outcome(code, session.terminal().err());
        boolean interrupted = session.interruption().requested();
        session.interruption().finished();
        // After Ctrl-C the process is ending already, with the code of the signal; exiting again would wait forever.
        if (!interrupted) {
            System.exit(code);
        }
    }
}
