package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import org.jline.terminal.TerminalBuilder;
import org.junit.jupiter.api.Test;

class QuestionSourceTest {

    @Test
    void theEndOfInputEndsTheConversation() throws IOException {
        try (QuestionSource source = new QuestionSource.Edited(TerminalBuilder.builder()
                .system(false)
                .type("dumb")
                .streams(new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream())
                .build())) {
            assertThat(source.next()).isNull();
        }
    }

    @Test
    void theLineEditorComesFromOneLibrary() throws IOException {
        List<URL> found = Collections.list(getClass().getClassLoader().getResources("org/jline/terminal/Size.class"));
        assertThat(found).hasSize(1);
    }
}
