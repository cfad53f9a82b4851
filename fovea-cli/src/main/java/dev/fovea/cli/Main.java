package dev.fovea.cli;

/** Entry point of the process. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        HiddenStart.end();
        Session session = Session.ofProcess();
        int code = new Cli(session).run(args);
        session.terminal().out().flush();
        boolean interrupted = session.interruption().requested();
        session.interruption().finished();
        // After Ctrl-C the process is ending already, with the code of the signal; exiting again would wait forever.
        if (!interrupted) {
            System.exit(code);
        }
    }
}
