package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Maven projects of somebody else's, made of what the README shows: its dependencies, its programs and its options of Java.
 * They resolve this project from a local repository of their own, which borrows everything else from the one of this build,
 * so that nothing is installed.
 */
@DisabledOnOs(OS.WINDOWS)
class OutsideProjectIT {
    private static final String POM = """
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              <groupId>example</groupId>
              <artifactId>outside</artifactId>
              <version>1</version>
              <properties>
                <maven.compiler.release>25</maven.compiler.release>
                <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
              </properties>
              <dependencyManagement>
                <dependencies>
                  <dependency>
                    <groupId>dev.fovea</groupId>
                    <artifactId>fovea-bom</artifactId>
                    <version>0.1.0-SNAPSHOT</version>
                    <type>pom</type>
                    <scope>import</scope>
                  </dependency>
                </dependencies>
              </dependencyManagement>
              <dependencies>
            DEPENDENCY
              </dependencies>
              <build>
                <plugins>
                  <plugin><artifactId>maven-compiler-plugin</artifactId><version>COMPILER</version></plugin>
                  <plugin><artifactId>maven-resources-plugin</artifactId><version>RESOURCES</version></plugin>
                  <plugin><artifactId>maven-dependency-plugin</artifactId><version>DEPENDENCIES</version></plugin>
                </plugins>
              </build>
            </project>
            """;

    @TempDir
    Path folder;

    @AfterEach
    void unlink() throws IOException {
        Compiled.unlink(folder);
    }

    @Test
    void whatTheReadmeShowsIsEnough() throws Exception {
        assertThat(build(
                        block("java", "VisionLanguageModel"),
                        block("xml", "<dependency>").text()))
                .isEqualTo("2, from 64 visual tokens\n");
    }

    @Test
    void soIsWhatItShowsOfLangChain4j() throws Exception {
        CodeBlock program = block("java", "dev.fovea.langchain4j");
        assertThat(program.text().lines()).hasSizeLessThanOrEqualTo(10);
        assertThat(build(program, dependency("fovea-langchain4j")))
                .startsWith("2, FoveaTokenUsage{")
                .contains("kept=64");
    }

    /** Versions are those of the bill of materials. */
    private static String dependency(String artifact) {
        return "<dependency><groupId>dev.fovea</groupId><artifactId>" + artifact + "</artifactId></dependency>";
    }

    /** Builds a program with a dependency, and runs it as the README says. */
    private String build(CodeBlock program, String dependency) throws Exception {
        Path repository = repository();
        Path project = Files.createDirectories(folder.resolve("project"));
        Files.writeString(project.resolve("pom.xml"), pom(dependency));
        Path sources = Files.createDirectories(project.resolve("src/main/java"));
        Files.writeString(sources.resolve("YourProgram.java"), program.text());
        Path classPath = project.resolve("class-path");
        Compiled.run(
                project,
                List.of(
                        "mvn",
                        "-o",
                        "-q",
                        "-B",
                        "-ntp",
                        "-Dmaven.repo.local=" + repository,
                        "-Dmdep.outputFile=" + classPath,
                        "-Dmdep.includeScope=runtime",
                        "compile",
                        "dependency:build-classpath"),
                Map.of("JAVA_HOME", System.getProperty("java.home")));
        String command = CodeBlock.ofMarkdown(CodeBlock.ROOT.resolve("README.md")).stream()
                .flatMap(b -> b.commands().stream())
                .filter(line -> line.startsWith("java "))
                .findFirst()
                .orElseThrow();
        List<String> words = new ArrayList<>(CodeBlock.words(command));
        words.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.replaceAll(word ->
                word.equals("YOUR_CLASS_PATH") ? project.resolve("target/classes") + ":" + read(classPath) : word);
        // The program's paths are those of this repository.
        return Compiled.run(CodeBlock.ROOT, words, Map.of());
    }

    private static CodeBlock block(String language, String word) {
        return CodeBlock.ofMarkdown(CodeBlock.ROOT.resolve("README.md")).stream()
                .filter(block ->
                        block.language().equals(language) && block.text().contains(word))
                .findFirst()
                .orElseThrow();
    }

    /** The plugins are those of this build: others would have to be fetched. */
    private static String pom(String dependency) {
        return POM.replace("DEPENDENCY\n", dependency + "\n")
                .replace("COMPILER", version("maven-compiler-plugin"))
                .replace("RESOURCES", version("maven-resources-plugin"))
                .replace("DEPENDENCIES", version("maven-dependency-plugin"));
    }

    private static String version(String plugin) {
        String pom = read(CodeBlock.ROOT.resolve("pom.xml"));
        int at = pom.indexOf("<version>", pom.indexOf("<artifactId>" + plugin)) + "<version>".length();
        return pom.substring(at, pom.indexOf("</version>", at));
    }

    /** Links to all of this build's local repository, and beside them this project's own poms and jars. */
    private Path repository() throws IOException {
        String local = System.getProperty("localRepository", System.getProperty("user.home") + "/.m2/repository");
        assumeTrue(Files.isDirectory(Path.of(local)), "there is a local repository");
        Path repository = Files.createDirectories(folder.resolve("repository"));
        link(Path.of(local), repository, "dev");
        Path dev = Files.createDirectories(repository.resolve("dev"));
        if (Files.isDirectory(Path.of(local, "dev"))) {
            link(Path.of(local, "dev"), dev, "fovea");
        }
        install(CodeBlock.ROOT, "fovea", "pom");
        install(CodeBlock.ROOT.resolve("fovea-bom"), "fovea-bom", "pom");
        for (String artifact : List.of("fovea-core", "fovea-techniques", "fovea-document", "fovea-langchain4j")) {
            install(CodeBlock.ROOT.resolve(artifact), artifact, "jar");
        }
        return repository;
    }

    private static void link(Path from, Path to, String without) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (!name.equals(without)) {
                    Files.createSymbolicLink(to.resolve(name), entry);
                }
            }
        }
    }

    private void install(Path module, String artifact, String packaging) throws IOException {
        String version = "0.1.0-SNAPSHOT";
        Path place = Files.createDirectories(
                folder.resolve("repository/dev/fovea").resolve(artifact).resolve(version));
        Files.copy(module.resolve("pom.xml"), place.resolve(artifact + "-" + version + ".pom"));
        if (packaging.equals("jar")) {
            String jar = artifact + "-" + version + ".jar";
            Files.copy(module.resolve("target").resolve(jar), place.resolve(jar));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
