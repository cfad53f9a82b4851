package dev.fovea.spark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A master and workers of Spark as processes of this machine, on loopback. */
final class StandaloneCluster implements AutoCloseable {
    private final Path folder;
    private final String url;
    private final List<Process> processes = new ArrayList<>();

    /** @param folder for logs and what workers write */
    StandaloneCluster(Path folder, int workers) throws Exception {
        this.folder = folder;
        // A worker starts executors from an installation; all that is asked of it is this folder.
        Files.createDirectories(folder.resolve("spark/jars"));
        int port = freePort();
        url = "spark://127.0.0.1:" + port;
        try {
            start(
                    "org.apache.spark.deploy.master.Master",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    String.valueOf(port),
                    "--webui-port",
                    "0");
            awaitMaster(port);
            for (int i = 0; i < workers; i++) {
                start(
                        "org.apache.spark.deploy.worker.Worker",
                        "--host",
                        "127.0.0.1",
                        "--cores",
                        "1",
                        "--memory",
                        "1500m",
                        "--webui-port",
                        "0",
                        "--work-dir",
                        folder.resolve("work" + i).toString(),
                        url);
            }
        } catch (Exception e) {
            close();
            throw e;
        }
    }

    /** Where applications find it. */
    String url() {
        return url;
    }

    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    private void start(String main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                main));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(processes.size() + ".log").toFile());
        builder.environment()
                .putAll(Map.of(
                        "SPARK_HOME", folder.resolve("spark").toString(),
                        "SPARK_LOCAL_IP", "127.0.0.1",
                        "SPARK_SCALA_VERSION", "2.13",
                        "JAVA_HOME", System.getProperty("java.home"),
                        "OMP_WAIT_POLICY", "PASSIVE"));
        processes.add(builder.start());
    }

    private static void awaitMaster(int port) throws Exception {
        for (int i = 0; i < 600; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException e) {
                Thread.sleep(100);
            }
        }
        throw new IllegalStateException("The master did not start");
    }

    /** Ends a worker with all its executors at once, as a machine that fails does. */
    void kill(int worker) {
        kill(processes.get(1 + worker));
    }

    private static void kill(Process process) {
        List<ProcessHandle> executors = process.descendants().toList();
        process.destroyForcibly();
        executors.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        for (int i = processes.size() - 1; i >= 0; i--) {
            kill(processes.get(i));
        }
        for (Process process : processes) {
            try {
                process.waitFor(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
