package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher with a JDK and a Maven that only say how they were called. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final String FAKE_MVN = """
            echo "[INFO] Building Fovea CLI 0.1.0-SNAPSHOT [6/6]"
            if [ -n "$MVN_FAILS" ]; then echo "[ERROR] Broken.java is broken"; exit 1; fi
            echo built >>"$INSTALLATION/builds"
            mkdir -p "$INSTALLATION/fovea-cli/target"
            : >"$INSTALLATION/fovea-cli/target/fovea-cli.jar"
            : >"$INSTALLATION/fovea-cli/target/some library.jar"
            printf %s "$INSTALLATION/fovea-cli/target/some library.jar" >"$INSTALLATION/fovea-cli/target/class-path"
            """;

    private static final String FAKE_JAVA = """
            for a; do
                case $a in -XX:AOTCacheOutput=*) : >"${a#*=}"; exit 0 ;; esac
            done
            for a; do printf '<%s>\\n' "$a"; done
            echo "OMP $OMP_WAIT_POLICY"
            if [ -n "$READS" ]; then cat; fi
            exit ${EXIT:-0}
            """;

    @TempDir
    Path folder;

    private Path installation;
    private Path jdk;
    private Path bin;

    @BeforeEach
    void install() throws IOException {
        installation = Files.createDirectory(folder.resolve("an installation"));
        Path launcher = Path.of("").toAbsolutePath().resolve("../fovea").normalize();
        Files.copy(launcher, installation.resolve("fovea"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(installation.resolve("pom.xml"), "<project/>");
        Files.createDirectories(installation.resolve("fovea-cli/src/main/java"));
        Files.writeString(installation.resolve("fovea-cli/pom.xml"), "<project/>");
        age(installation.resolve("pom.xml"));
        age(installation.resolve("fovea-cli/pom.xml"));
        age(installation.resolve("fovea-cli/src/main"));
        age(installation.resolve("fovea-cli/src/main/java"));
        jdk = jdk("jdk new", "25.0.1");
        bin = Files.createDirectory(folder.resolve("bin"));
        script(bin.resolve("mvn"), FAKE_MVN);
    }

    @Test
    void buildsOnFirstUseAndOnlyThen() throws Exception {
        Ran first = run(Map.of(), "techniques");
        assertThat(first.code).isZero();
        assertThat(first.err).contains("Building Fovea").doesNotContain("[INFO]");
        assertThat(run(Map.of(), "techniques").err).isEmpty();
        assertThat(Files.readAllLines(installation.resolve("builds"))).hasSize(1);
    }

    @Test
    void buildsAgainAfterASourceChanged() throws Exception {
        run(Map.of(), "techniques");
        Path source = Files.writeString(installation.resolve("fovea-cli/src/main/java/New.java"), "class New {}");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
        assertThat(run(Map.of("FOVEA_BUILD", "never"), "techniques").err).isEmpty();
        assertThat(run(Map.of(), "techniques").err).contains("sources have changed");
        assertThat(Files.readAllLines(installation.resolve("builds"))).hasSize(2);
    }

    @Test
    void buildsAgainAfterALibraryWentAway() throws Exception {
        run(Map.of(), "techniques");
        Files.delete(installation.resolve("fovea-cli/target/some library.jar"));
        assertThat(run(Map.of(), "techniques").code).isZero();
        assertThat(Files.readAllLines(installation.resolve("builds"))).hasSize(2);
    }

    @Test
    void showsTheEndOfTheLogWhenTheBuildFails() throws Exception {
        Ran ran = run(Map.of("MVN_FAILS", "yes"), "techniques");
        assertThat(ran.code).isEqualTo(1);
        assertThat(ran.out).isEmpty();
        assertThat(ran.err).contains("the build failed").contains("Broken.java is broken");
        assertThat(installation.resolve(".fovea/lock")).doesNotExist();
    }

    @Test
    void passesArgumentsOnAsTheyAre() throws Exception {
        Ran ran = run(Map.of(), "ask", "a picture.png", "What's \"this\"? $HOME * \\n", "", "--json");
        assertThat(ran.out)
                .contains(
                        "<dev.fovea.cli.Main>\n<ask>\n<a picture.png>\n<What's \"this\"? $HOME * \\n>\n<>\n<--json>\n");
        assertThat(ran.out)
                .contains("<-Dfovea.home=" + installation.toRealPath() + ">")
                .contains("OMP PASSIVE");
    }

    @Test
    void whatLooksSpecialToAShellIsPassedOnToo() throws Exception {
        Ran ran = run(Map.of(), "ask", "--", "-n", "*.png", "$(touch x) `id` ; & | >", "two\nlines", "Où ?", " ");
        assertThat(ran.out)
                .contains("<ask>\n<-->\n<-n>\n<*.png>\n<$(touch x) `id` ; & | >>\n<two\nlines>\n<Où ?>\n< >\n");
    }

    @Test
    void ctrlCReachesJavaAndNothingIsLeftRunning() throws Exception {
        run(Map.of(), "techniques");
        Path ready = folder.resolve("ready");
        script(
                jdk.resolve("bin/java"),
                "trap 'echo stopped >&2; exit 130' INT TERM\n: >\"$READY\"\nwhile :; do sleep 0.05; done\n");
        Process process = interruptible(Map.of("READY", ready.toString(), "FOVEA_BUILD", "never"), "ask", "x");
        try {
            waitFor(ready);
            long launched = process.pid();
            // The launcher has become Java: the signal needs no passing on.
            process.destroy();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(130);
            assertThat(ProcessHandle.of(launched).filter(ProcessHandle::isAlive))
                    .isEmpty();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void ctrlCDuringTheBuildEndsMavenAndTheLock() throws Exception {
        Path ready = folder.resolve("ready");
        script(bin.resolve("mvn"), "echo $$ >\"$READY.part\"; mv \"$READY.part\" \"$READY\"; exec sleep 60\n");
        Process process = interruptible(Map.of("READY", ready.toString()), "techniques");
        try {
            waitFor(ready);
            process.destroy();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(130);
            long maven = Long.parseLong(Files.readString(ready).strip());
            assertThat(ProcessHandle.of(maven).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(installation.resolve(".fovea/lock")).doesNotExist();
        } finally {
            process.destroyForcibly();
        }
    }

    /** A stream that is closed would become the first file that Java opens, and be read or written as such. */
    @Test
    void closedStreamsAreNoSurprise() throws Exception {
        String fovea = "'" + installation.resolve("fovea") + "' ask x";
        run(Map.of(), "techniques");
        Ran noInput = runIn(folder, "/bin/sh", Map.of("READS", "yes"), "", "-c", fovea + " <&-");
        assertThat(noInput.code).isZero();
        assertThat(noInput.out).contains("<ask>");
        Ran noErrors = runIn(folder, "/bin/sh", Map.of(), "", "-c", fovea + " 2>&-");
        assertThat(noErrors.code).isZero();
        assertThat(noErrors.out).contains("<ask>");
        Ran noOutput = runIn(folder, "/bin/sh", Map.of(), "", "-c", fovea + " >&-");
        assertThat(noOutput.code).isEqualTo(5);
        assertThat(noOutput.err).contains("standard output is closed").hasLineCount(1);
    }

    @Test
    void exitCodeAndStandardInputAreJavas() throws Exception {
        assertThat(run(Map.of("EXIT", "3"), "ask", "x").code).isEqualTo(3);
        Ran reading = runIn(folder, installation.resolve("fovea").toString(), Map.of("READS", "yes"), "hello\n", "ask");
        assertThat(reading.out).contains("hello");
    }

    @Test
    void worksThroughLinksAndFromAnywhere() throws Exception {
        Path link = Files.createSymbolicLink(bin.resolve("fv"), Path.of("../an installation/fovea"));
        Path second = Files.createSymbolicLink(folder.resolve("second"), link);
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Ran ran = runIn(elsewhere, second.toString(), Map.of(), "", "techniques");
        assertThat(ran.code).isZero();
        assertThat(ran.out).contains("<techniques>");
    }

    @Test
    void modelsOfOnesOwnGetTheVectorKernels() throws Exception {
        assertThat(run(Map.of(), "ask", "x.png").out)
                .contains("TieredStopAtLevel")
                .doesNotContain("incubator");
        assertThat(run(Map.of(), "ask", "x.png", "--model", "m").out)
                .contains("<jdk.incubator.vector>")
                .doesNotContain("TieredStopAtLevel");
    }

    @Test
    void anOlderJavaHomeIsPassedOver() throws Exception {
        Path old = jdk("jdk old", "17.0.2");
        Files.writeString(old.resolve("bin/java"), "#!/bin/sh\necho old\n");
        Ran ran = run(
                Map.of("JAVA_HOME", old.toString(), "PATH", jdk.resolve("bin") + ":" + bin + ":/usr/bin:/bin"),
                "techniques");
        assertThat(ran.out).contains("<techniques>");
    }

    @Test
    void saysWhatToInstallWhenThereIsNoJdk() throws Exception {
        Path launcher = installation.resolve("fovea");
        Files.writeString(launcher, Files.readString(launcher).replace("wanted=25", "wanted=99"));
        Ran ran = run(Map.of(), "techniques");
        assertThat(ran.code).isEqualTo(1);
        assertThat(ran.err).contains("no JDK 99 or newer was found").contains("adoptium.net");
    }

    @Test
    void saysWhatToInstallWhenThereIsNoMaven() throws Exception {
        Files.delete(bin.resolve("mvn"));
        // No folder of the system may offer a Maven, so the few tools of the launcher come along.
        for (String tool : List.of("dirname", "readlink", "find", "head", "sed", "cat", "mkdir", "rm", "ls")) {
            Path place = Path.of("/usr/bin", tool);
            script(bin.resolve(tool), "exec " + (Files.exists(place) ? place : Path.of("/bin", tool)) + " \"$@\"\n");
        }
        Ran ran = run(Map.of("PATH", bin.toString()), "techniques");
        assertThat(ran.code).isEqualTo(1);
        assertThat(ran.err).contains("Maven was not found");
    }

    private record Ran(int code, String out, String err) {}

    private Ran run(Map<String, String> environment, String... args) throws Exception {
        return runIn(folder, installation.resolve("fovea").toString(), environment, "", args);
    }

    private Ran runIn(Path cwd, String program, Map<String, String> environment, String input, String... args)
            throws Exception {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(args));
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        Path in = Files.writeString(Files.createTempFile(folder, "in", ""), input);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(cwd.toFile())
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().remove("FOVEA_JAVA_OPTIONS");
        builder.environment().remove("FOVEA_BUILD");
        builder.environment().remove("OMP_WAIT_POLICY");
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().put("PATH", bin + ":/usr/bin:/bin");
        builder.environment().put("INSTALLATION", installation.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as("the launcher ended")
                .isTrue();
        return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private Process interruptible(Map<String, String> environment, String... args) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(installation.resolve("fovea").toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().put("PATH", bin + ":/usr/bin:/bin");
        builder.environment().put("INSTALLATION", installation.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static void waitFor(Path file) throws InterruptedException {
        for (int i = 0; i < 400 && !Files.exists(file); i++) {
            Thread.sleep(50);
        }
        assertThat(file).exists();
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = folder.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        script(home.resolve("bin/java"), FAKE_JAVA);
        script(home.resolve("bin/javac"), "");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Test\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void age(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
    }
}
