package dev.fovea.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.technique.Techniques;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParseResult;

/** Everything that the documents tell people to type: Java compiles and runs, command lines are understood. */
class DocumentsTest {
    private static final Path PEEK = CodeBlock.ROOT.resolve("models/peek");
    private static final Path SCENE = CodeBlock.ROOT.resolve("docs/images/scene.png");

    /** Written by {@code bench}, with the command and the versions that made it. */
    private static final List<Path> GENERATED = Stream.of("world", "peers", "all")
            .map(of -> CodeBlock.ROOT.resolve("docs/results/peek-" + of + ".md"))
            .toList();

    @TempDir
    Path folder;

    private static Stream<CodeBlock> blocks(Predicate<CodeBlock> which) {
        return CodeBlock.documents().stream()
                .flatMap(file -> CodeBlock.ofMarkdown(file).stream())
                .filter(which);
    }

    /** Those that need other libraries are run by {@link OutsideProjectIT}, and by the module that has the library. */
    private static final Pattern ADAPTED = Pattern.compile("dev\\.fovea\\.(langchain4j|spring|spark)");

    static List<CodeBlock> programs() {
        return blocks(block -> block.language().equals("java")
                        && !ADAPTED.matcher(block.text()).find())
                .toList();
    }

    @Test
    void everyBlockIsOfAKindThatIsTested() {
        assertThat(blocks(block -> true))
                .isNotEmpty()
                .allSatisfy(block ->
                        assertThat(block.language()).as("%s", block).isIn("java", "xml", "json", "properties", ""));
        // Calls of the server are made by ServeTest; what programs are told of the other one is tried by McpTest. What
        // is
        // submitted to Spark is run by the module that has it.
        List<String> others = blocks(block -> block.language().isEmpty()
                        && !block.text().startsWith("curl ")
                        && !GENERATED.contains(block.file()))
                .flatMap(block -> block.commands().stream())
                .filter(line -> !line.matches("(\\./)?(fovea|mvn|java|spark-submit) .*|(python3\\S*|\\.venv/\\S+) .*"))
                .toList();
        assertThat(others).isEmpty();
    }

    /** A program is run where the README stands; a technique is put on the class path and asked for. */
    @ParameterizedTest
    @MethodSource("programs")
    void programsCompileAndRun(CodeBlock block) throws Exception {
        if (block.text().contains("implements LearnedTechnique")) {
            learns(block);
            return;
        }
        Matcher unit = Pattern.compile(
                        "package (\\w+);.*public final class (\\w+) implements Technique", Pattern.DOTALL)
                .matcher(block.text());
        if (block.text().contains("implements Family")) {
            describesAModel(block);
            return;
        }
        if (block.text().contains("TrainingPath")) {
            Compiled program = Compiled.source(folder, "Learn.java", block.text());
            assertThat(program.run(CodeBlock.ROOT, List.of(), "Learn"))
                    .matches("(?s)loss \\d+\\.\\d, gradient \\d+\\.\\d\\n");
            return;
        }
        if (!unit.find()) {
            assertThat(block.text()).as("%s is a whole program", block).contains("void main()");
            Compiled program = Compiled.source(folder, "Example.java", block.text());
            assertThat(program.run(CodeBlock.ROOT, List.of(), "Example")).isEqualTo("2, from 64 visual tokens\n");
            return;
        }
        Compiled technique = Compiled.source(folder, unit.group(1) + "/" + unit.group(2) + ".java", block.text());
        Path services = Files.createDirectories(technique.folder().resolve("META-INF/services"));
        Files.writeString(services.resolve("dev.fovea.core.technique.Technique"), unit.group(1) + "." + unit.group(2));
        Path place = Files.createDirectory(folder.resolve("place"));
        Files.createDirectories(place.resolve("docs/images"));
        Files.copy(SCENE, place.resolve("docs/images/scene.png"));
        List<String> home = List.of("-Dfovea.home=" + CodeBlock.ROOT);
        assertThat(technique.run(place, home, "dev.fovea.cli.Main", "techniques"))
                .contains("\nspread ");
        List<String> commands = CodeBlock.ofMarkdown(block.file()).stream()
                .filter(b -> b.language().isEmpty())
                .flatMap(b -> b.commands().stream())
                .toList();
        assertThat(commands).isNotEmpty();
        for (String command : commands) {
            List<String> words = new ArrayList<>(CodeBlock.words(command));
            words.set(0, "dev.fovea.cli.Main");
            assertThat(technique.run(place, home, words.toArray(String[]::new))).contains("64 of 256 visual tokens");
            assertThat(place.resolve("spread.png")).isRegularFile();
        }
    }

    /** A technique with weights of its own is put on the class path, has no weights yet, and acts untrained. */
    private void learns(CodeBlock block) throws Exception {
        Compiled technique = Compiled.source(folder, "example/Glance.java", block.text());
        Path services = Files.createDirectories(technique.folder().resolve("META-INF/services"));
        Files.writeString(services.resolve("dev.fovea.core.technique.Technique"), "example.Glance");
        List<String> home = List.of("-Dfovea.home=" + CodeBlock.ROOT);
        assertThat(technique.run(CodeBlock.ROOT, home, "dev.fovea.cli.Main", "techniques", "glance"))
                .contains("its own; peek has none: train them with 'fovea train glance'");
        String command = CodeBlock.ofMarkdown(block.file()).stream()
                .filter(b -> b.language().isEmpty())
                .flatMap(b -> b.commands().stream())
                .filter(line -> line.contains("glance:weights=untrained"))
                .findFirst()
                .orElseThrow();
        List<String> words = new ArrayList<>(CodeBlock.words(command));
        words.set(0, "dev.fovea.cli.Main");
        assertThat(technique.run(CodeBlock.ROOT, home, words.toArray(String[]::new)))
                .contains("8 of 256 visual tokens");
    }

    /** A family is put on the class path and opens the configuration of a checkpoint. */
    private void describesAModel(CodeBlock block) throws Exception {
        Compiled family = Compiled.source(folder, "example/Spectacles.java", block.text());
        Path services = Files.createDirectories(family.folder().resolve("META-INF/services"));
        Files.writeString(services.resolve("dev.fovea.core.model.family.Family"), "example.Spectacles");
        Path model = Files.createDirectories(folder.resolve("spectacles"));
        Files.writeString(model.resolve("config.json"), """
                {"model_type": "spectacles", "image_token_id": 9,
                 "vision_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3,
                                   "num_attention_heads": 4, "patch_size": 14, "image_size": 112},
                 "text_config": {"hidden_size": 96, "intermediate_size": 128, "num_hidden_layers": 3,
                                 "num_attention_heads": 4, "vocab_size": 500}}
                """);
        String said =
                family.run(folder, List.of(), "dev.fovea.cli.Main", "cost", "--model", model.toString(), "--json");
        assertThat(said).contains("\"technique\":\"full\"").contains("[64,64,64]");
    }

    static List<CodeBlock> javadoc() {
        return CodeBlock.sources().stream()
                .flatMap(file -> CodeBlock.ofJavadoc(file).stream())
                .toList();
    }

    /** What the snippets name without declaring it. */
    private static final String NAMED = """
            public final class Snippet {
                interface Layer {
                    Tensor forward(Tensor x);
                }

                static Path folder;
                static Path file;
                static RgbImage picture;
                static Layer layer = x -> x;
                static Tensor x;

                public static Object run(Path in, Path of, RgbImage shown, Tensor given) {
                    folder = in;
                    file = of;
                    picture = shown;
                    x = given;
                    return body();
                }

            """;

    @ParameterizedTest
    @MethodSource("javadoc")
    void examplesInCommentsCompileAndRun(CodeBlock block) throws Exception {
        TreeSet<String> imports = new TreeSet<>(List.of("java.nio.file", "java.util"));
        for (Path source : CodeBlock.sources()) {
            Path relative = source.subpath(CodeBlock.ROOT.getNameCount() + 4, source.getNameCount());
            imports.add(requireNonNull(relative.getParent())
                    .toString()
                    .replace('/', '.')
                    .replace('\\', '.'));
        }
        imports.removeIf(name -> name.startsWith("dev.fovea.") && !name.startsWith("dev.fovea.core"));
        String code = imports.stream().map(name -> "import " + name + ".*;\n").collect(Collectors.joining())
                + "import org.bytedeco.pytorch.Tensor;\n"
                + NAMED
                + "    private static Object body() {\n"
                + block.text() + "\n"
                + (block.text().contains("return ") ? "" : "return null;\n")
                + "    }\n}\n";
        Compiled compiled = Compiled.source(folder, "Snippet.java", code);
        boolean clip = block.file().endsWith("DualEncoder.java");
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {compiled.folder().toUri().toURL()}, getClass().getClassLoader())) {
            Method run =
                    loader.loadClass("Snippet").getMethod("run", Path.class, Path.class, RgbImage.class, Tensor.class);
            run.invoke(
                    null,
                    clip ? PEEK.resolve("clip") : PEEK,
                    SCENE,
                    new PictureReader().read(SCENE).image(),
                    dev.fovea.core.tensor.Tensors.of(new float[] {1, 2}, 2));
        }
    }

    static List<String> commands() {
        Stream<String> shown = blocks(block -> block.language().isEmpty()).flatMap(block -> block.commands().stream());
        // In running text a command's bare name speaks of the command.
        Stream<String> told = CodeBlock.documents().stream()
                .flatMap(file -> CodeBlock.spans(file).stream())
                .filter(span -> span.matches("\\S+ \\S+ .*") || span.endsWith(" techniques"));
        Stream<String> helped = commandLine().getSubcommands().values().stream()
                .flatMap(c ->
                        new CodeBlock(GENERATED.getFirst(), 1, "", c.getUsageMessage(Ansi.OFF)).commands().stream())
                .map(line -> line.replaceFirst("   .*", ""));
        return Stream.of(shown, told, helped)
                .flatMap(all -> all)
                .map(line -> line.replaceFirst(" > .*", ""))
                .filter(line -> line.matches("(\\./)?fovea [a-z]+( .*)?"))
                .distinct()
                .toList();
    }

    private static CommandLine commandLine() {
        return new Cli(new Session(Terminal.ofProcess(), new Interruption(), CodeBlock.ROOT)).commandLine();
    }

    @Test
    void enoughCommandsAreFound() {
        assertThat(commands())
                .hasSizeGreaterThan(30)
                .contains("./fovea techniques", "fovea eval --limit 500", "./fovea world --count 20 --out pictures");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void commandsAreUnderstood(String command) {
        List<String> words = CodeBlock.words(command);
        ParseResult parsed =
                commandLine().parseArgs(words.subList(1, words.size()).toArray(String[]::new));
        assertThat(parsed.hasSubcommand()).isTrue();
        ParseResult sub = parsed.subcommand();
        for (String option : List.of("--technique", "--techniques")) {
            if (sub.commandSpec().findOption(option) != null) {
                List<String> named = sub.matchedOptionValue(option, List.of());
                named.stream()
                        .filter(text ->
                                !text.equals("all") && !text.contains(":@") && !text.matches("(spread|glance).*"))
                        .forEach(text -> Spelled.technique(Techniques.installed(), text));
            }
        }
    }
}
