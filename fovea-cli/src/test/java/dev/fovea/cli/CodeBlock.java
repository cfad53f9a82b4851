package dev.fovea.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jline.reader.impl.DefaultParser;

/**
 * Code that the documents show.
 *
 * @param file where it stands
 * @param line the first line of the block, from 1
 * @param language as the fence says; empty for indented blocks
 * @param text its lines
 */
record CodeBlock(Path file, int line, String language, String text) {
    /** The folder of this repository. */
    static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();

    private static final Pattern SPAN = Pattern.compile("`((?:\\./)?fovea [^`]+)`");
    private static final Pattern JAVADOC = Pattern.compile("<pre>\\{@code\\R(.*?)\\R *\\* *}</pre>", Pattern.DOTALL);
    private static final String INDENT = "    ";

    /** The Markdown files of this repository. */
    static List<Path> documents() {
        List<Path> files = new ArrayList<>(in(ROOT, 1, ".md"));
        for (String folder : List.of("docs", "models/peek", "reference")) {
            files.addAll(in(ROOT.resolve(folder), 4, ".md"));
        }
        return files;
    }

    /** The Java files that ship. */
    static List<Path> sources() {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .flatMap(folder -> in(folder, 20, ".java").stream())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> in(Path folder, int depth, String ending) {
        try (Stream<Path> all = Files.walk(folder, depth)) {
            return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fenced and indented blocks of a Markdown file. */
    static List<CodeBlock> ofMarkdown(Path file) {
        List<CodeBlock> blocks = new ArrayList<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            int begin = i;
            if (lines.get(i).startsWith("```")) {
                do {
                    i++;
                } while (!lines.get(i).startsWith("```"));
                blocks.add(new CodeBlock(
                        file,
                        begin + 2,
                        lines.get(begin).substring(3).strip(),
                        String.join("\n", lines.subList(begin + 1, i))));
            } else if (lines.get(i).startsWith(INDENT)
                    && (i == 0 || lines.get(i - 1).isBlank())) {
                while (i < lines.size() && lines.get(i).startsWith(INDENT)) {
                    i++;
                }
                blocks.add(new CodeBlock(
                        file,
                        begin + 1,
                        "",
                        lines.subList(begin, i).stream()
                                .map(line -> line.substring(INDENT.length()))
                                .collect(Collectors.joining("\n"))));
            }
        }
        return blocks;
    }

    /** The {@code <pre>} blocks of a Java file's comments. */
    static List<CodeBlock> ofJavadoc(Path file) {
        String source = String.join("\n", lines(file));
        List<CodeBlock> blocks = new ArrayList<>();
        Matcher found = JAVADOC.matcher(source);
        while (found.find()) {
            String code = found.group(1)
                    .lines()
                    .map(line -> line.replaceFirst("^ *\\* ?", ""))
                    .collect(Collectors.joining("\n"));
            int line = (int) source.substring(0, found.start(1)).lines().count();
            blocks.add(new CodeBlock(file, line, "java", code));
        }
        return blocks;
    }

    /** Command lines for Fovea in the running text of a Markdown file. */
    static List<String> spans(Path file) {
        List<String> spans = new ArrayList<>();
        Matcher found = SPAN.matcher(String.join(" ", lines(file)).replaceAll("```.*?```", ""));
        while (found.find()) {
            spans.add(found.group(1));
        }
        return spans;
    }

    /** The command lines of a shell block: continued lines are joined, comments and blank lines left out. */
    List<String> commands() {
        return text.replaceAll("\\\\\\n\\s*", " ")
                .lines()
                .map(line -> line.replaceFirst("(^|\\s+)#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /** The words of a command line, as a shell would part them. */
    static List<String> words(String command) {
        return new DefaultParser()
                .parse(command, command.length()).words().stream()
                        .filter(word -> !word.isEmpty())
                        .toList();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return ROOT.relativize(file) + ":" + line;
    }
}
