# What zsh offers for each of the given lines: `zsh -f complete.zsh SCRIPT SCRATCH FOLDER LINE ...` prints the words, a line for each.
# The shell that completes is interactive and has a terminal of its own; compadd, which every completion ends in, is listened to.
zmodload zsh/zpty || exit 3
script=$1 scratch=$2 folder=$3; shift 3
cat > $scratch/listen.zsh <<LISTEN
cd $folder
PROMPT= RPROMPT=
autoload -Uz compinit && compinit -u -d $scratch/dump
[[ $script == */_baton ]] || source $script
zstyle ':completion:*' list-grouped false
bindkey '^I' complete-word
compadd() {
  if [[ "\${@[1,(i)(-|--)]}" == *-(O|A|D)\ * ]]; then builtin compadd "\$@"; return \$?; fi
  local -a hits
  builtin compadd -O hits "\$@"
  print -rl -- \$hits >> $scratch/hits
  builtin compadd "\$@"
}
told() { : > $scratch/done; exit }
comppostfuncs=(told)
: > $scratch/ready
LISTEN
for line in "$@"; do
  rm -f $scratch/{ready,done,hits}
  zpty shell zsh -f -i
  [[ $script == */_baton ]] && zpty -w shell "fpath=($script:h \$fpath)"
  zpty -w shell "source $scratch/listen.zsh"
  repeat 1000; do [[ -e $scratch/ready ]] && break; zpty -rt shell > /dev/null; sleep 0.02; done
  zpty -w -n shell "$line"$'\t'
  repeat 1000; do [[ -e $scratch/done ]] && break; zpty -rt shell > /dev/null; sleep 0.02; done
  zpty -d shell
  [[ -e $scratch/done ]] || { print -u2 "zsh did not answer: $line"; exit 4 }
  [[ -e $scratch/hits ]] && print -r -- ${(u)$(sort $scratch/hits)} || print
done
